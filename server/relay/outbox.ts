import type { Bytes } from '../../shared/base/bytes.ts';
import type { Link } from './contract.ts';
import type { RelayMetrics } from './metrics.ts';

/** What one socket is about to be sent. */
export interface Outgoing {
  send(message: Bytes): void;
  /** Bytes that wait here or in the network. */
  readonly lying: number;
  /** What is sent from now on waits here, behind what the returned function is given to send. */
  hold(): (first: Bytes) => void;
  readonly isHeld: boolean;
  /** Runs when all that is gathered in this turn has been sent. */
  finish(then: () => void): void;
  /** Drops what is not sent yet: nothing more reaches this socket. */
  end(): void;
}

export interface Outboxes {
  open(link: Link, tooSlow: () => void): Outgoing;
  /** Sends everything now; also happens by itself at the end of a turn. */
  flush(): void;
}

/**
 * Gathers what a turn has for each socket, so that each is written once. `mostBuffered` bytes, beside the largest
 * message among them, may lie unread before a socket is told to come back later.
 */
export function createOutboxes(
  metrics: RelayMetrics,
  defer: (run: () => void) => void,
  mostBuffered: number,
): Outboxes {
  interface Outbox {
    readonly link: Link;
    readonly tooSlow: () => void;
    messages: Bytes[];
    /** Of `messages`. */
    bytes: number;
    /** Of the messages that the network has not taken yet: one that alone is more than the bound may still be sent. */
    largest: number;
    finished: (() => void) | null;
    held: boolean;
    ended: boolean;
  }
  /** Never pushed to: an empty array that grows takes place for many, and most turns have one for each of many sockets. */
  const nothing: Bytes[] = [];
  let dirty: Outbox[] = [];
  let scheduled = false;

  const slow = ({ tooSlow }: Outbox): void => {
    metrics.struck('queue');
    tooSlow();
  };

  const write = (box: Outbox): void => {
    const { messages, bytes } = box;
    box.messages = nothing;
    box.bytes = 0;
    metrics.sent(bytes);
    if (messages.length > 0) box.link.send(messages);
    if (box.finished) return box.finished();
    const lying = box.link.buffered;
    if (lying === 0) return;
    metrics.reached('queue', lying);
    if (lying > mostBuffered + box.largest) slow(box);
  };

  const flush = (): void => {
    const boxes = dirty;
    dirty = [];
    for (const box of boxes) if (!box.ended && !box.held) write(box);
  };

  const plan = (): void => {
    if (scheduled) return;
    scheduled = true;
    defer(() => {
      scheduled = false;
      flush();
    });
  };

  return {
    flush,
    open(link, tooSlow) {
      const box: Outbox = {
        link,
        tooSlow,
        messages: nothing,
        bytes: 0,
        largest: 0,
        finished: null,
        held: false,
        ended: false,
      };
      /** There is something to be written at the end of this turn. */
      const isDirty = (): void => {
        dirty.push(box);
        plan();
      };
      /** False when that is too much, or nobody reads it any more. */
      const counts = ({ length }: Bytes): boolean => {
        if (box.ended) return false;
        const lying = box.bytes + link.buffered;
        box.largest = lying === 0 ? length : Math.max(box.largest, length);
        // Asked before the turn's end too: what answers a thousand questions must not first be gathered.
        if (lying + length > mostBuffered + box.largest) {
          slow(box);
          return false;
        }
        box.bytes += length;
        return true;
      };
      return {
        send(message) {
          if (!counts(message)) return;
          if (box.messages.length > 0) return void box.messages.push(message);
          box.messages = [message];
          isDirty();
        },
        get lying() {
          return box.bytes + link.buffered;
        },
        hold() {
          if (!box.ended) write(box);
          box.held = true;
          return (first) => {
            box.held = false;
            if (!counts(first)) return;
            box.messages = [first, ...box.messages];
            isDirty();
          };
        },
        get isHeld() {
          return box.held;
        },
        finish(then) {
          if (box.ended) return;
          box.finished = then;
          isDirty();
        },
        end() {
          box.ended = true;
          box.messages = nothing;
          box.bytes = 0;
        },
      };
    },
  };
}
