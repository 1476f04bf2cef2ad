import { createHash } from 'node:crypto';
import type { LogEntry } from '../../shared/access/kind.ts';
import type { Clock } from '../../shared/base/clock.ts';
import { failure, type Failure } from '../../shared/base/errors.ts';
import { isGuest } from '../../shared/base/guests.ts';
import type { MemberId, RoomId } from '../../shared/base/ids.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import { findRoom } from '../../shared/documents/registry.ts';
import { cardLink, type LinkCard } from '../../shared/features/chat/card.ts';
import { broadcastKind } from '../../shared/features/customers/broadcast.ts';
import type { BroadcastState } from '../../shared/features/customers/broadcast-schema.ts';
import { linkOf } from '../../shared/features/customers/broadcast-state.ts';
import { chatKind } from '../../shared/features/chat/kind.ts';
import { messageMarks } from '../../shared/features/chat/marks.ts';
import { chatEdit, messageOf } from '../../shared/features/chat/messages.ts';
import { decodeLogRun } from '../../shared/protocol/log-bytes.ts';
import type { Blobs } from '../blobs/contract.ts';
import type { Outside } from '../outside/fetch.ts';
import type { Relay } from '../relay/contract.ts';
import type { RelayLog } from '../relay/metrics.ts';
import { lookAtPage, lookAtPicture } from './look.ts';
import type { PageFacts } from './page.ts';

/** Pages that are looked at together; links that wait for their turn, beyond which they stay without a card. */
const atOnce = 4;
const mostWaiting = 500;
/** A page that was looked at is not asked again for so long. Milliseconds. */
const knownFor = 10 * 60_000;
const mostKnown = 500;
/** What is older when it is stored was handed back after a restore. Milliseconds. */
const newFor = 5 * 60_000;
/** Entries behind a message that are searched for what became of it while its page was looked at. */
const mostBehind = 200;

export interface Cards {
  /** What the page would be shown as, without its picture; null without a card. `too-many-requests` for who asks too fast. */
  preview(member: MemberId, link: string): Promise<Result<Omit<LinkCard, 'picture'> | null, Failure>>;
  /** No page is asked any more. */
  stop(): void;
}

export interface CardsDeps {
  readonly relay: Relay;
  readonly blobs: Blobs;
  readonly outside: Outside;
  readonly clock: Clock;
  readonly log: RelayLog;
  /** Why this member has to wait before another page is asked for them; null when they need not. */
  readonly rate: (member: MemberId) => Failure | null;
  /** The origin of the relay's own pages, which make no cards; null when that is not known. */
  readonly publicUrl: string | null;
}

interface Job {
  readonly room: RoomId;
  readonly link: string;
  /** Whose message it is. */
  readonly by: MemberId;
  /** Whether the card is wanted still. */
  isWanted(): boolean;
  /** Null where there is none to be shown. */
  tell(card: LinkCard | null): Promise<void>;
}

const gone = failure('not-found', 'the card is not wanted any more');

const mayHaveLink = ({ bytes }: { readonly bytes: Uint8Array }): boolean => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.includes('http') || buffer.includes('www.') || buffer.includes('HTTP');
};

const factsOf = (url: string, { title, description, site }: PageFacts): Omit<LinkCard, 'picture'> => ({
  url,
  title,
  ...(description === '' ? {} : { description }),
  ...(site === '' ? {} : { site }),
});

/**
 * Cards for links: whoever sends a message with a link gets a card for it from the relay, so that neither their device
 * nor those of the readers talk to the foreign site, and nobody can say what a page does not say. It is work beside the
 * relay: a message is stored and shown without it, and its card comes as a later entry.
 */
export function createCards(deps: CardsDeps): Cards {
  const { relay, blobs, outside, clock, log, rate, publicUrl } = deps;
  const known = new Map<string, { readonly until: number; readonly facts: Promise<PageFacts | null> }>();
  const waiting: Job[] = [];
  const running: Job[] = [];
  let stopped = false;

  const isOn = (): boolean => relay.directory().linkCards !== false;
  const isOwn = (link: string): boolean =>
    publicUrl !== null && new URL(link).origin === new URL(publicUrl).origin;

  const look = (link: string): Promise<PageFacts | null> => {
    const now = clock.now();
    const before = known.get(link);
    if (before && before.until > now) return before.facts;
    known.delete(link);
    // The one that was put there first goes first.
    if (known.size >= mostKnown) known.delete(known.keys().next().value!);
    const facts = lookAtPage(outside, link);
    known.set(link, { until: now + knownFor, facts });
    return facts;
  };

  const entryAt = (room: RoomId, { seq, id }: Pick<LogEntry, 'seq' | 'id'>): LogEntry | null =>
    relay.entries(null, room, seq, 1).find((entry) => entry.id === id) ?? null;

  /** Which link of what was just said gets a card; null for most entries. */
  const jobOf = (room: RoomId, said: LogEntry): Job | null => {
    // Anybody may be a guest: they do not send the relay to look at pages.
    if (isGuest(said.by)) return null;
    const edit = said.type === 'chat.edit' ? chatEdit.safeParse(said.data).data : undefined;
    const target = edit ? entryAt(room, edit.target) : said;
    const message = target && messageOf(target);
    // What many get would have the page looked at, and its card kept, for each of them.
    if (!message || message.noCard || message.broadcast !== undefined) return null;
    const link = cardLink(edit?.text ?? message.text);
    // An edit of other words does not bring back a card that was taken away.
    if (link === null || isOwn(link) || (edit && cardLink(message.text) === link)) return null;
    return {
      ...{ room, link, by: target.by },
      isWanted: () => isStillThere(room, target, said),
      async tell(card) {
        const { seq, id, by } = target;
        if (card) await relay.appendFact(room, 'chat.card', by, { target: { seq, id }, card });
      },
    };
  };

  /** The same for what many are to get: one card for all of them. */
  const broadcastJobOf = (room: RoomId, { type }: LogEntry): Job | null => {
    if (type !== 'broadcast.words' && type !== 'broadcast.submit') return null;
    const state = (): BroadcastState => relay.state(room) as BroadcastState;
    const { begun } = state();
    const link = linkOf(state());
    const isUnderWay = waiting.concat(running).some((job) => job.room === room && job.link === link);
    if (link === null || !begun || state().card !== undefined || isUnderWay) return null;
    const isWanted = (): boolean => linkOf(state()) === link && state().card === undefined;
    return {
      ...{ room, link, by: begun.by, isWanted },
      tell: (card) => relay.appendFact(room, 'broadcast.card', begun.by, { link, card }),
    };
  };

  /** Whether the message still says so, and its author may still put files to it. */
  const isStillThere = (room: RoomId, target: LogEntry, said: LogEntry): boolean => {
    const now = entryAt(room, target);
    const later = relay.entries(null, room, said.seq + 1, mostBehind);
    const isChanged = later.some(
      (entry) =>
        /^chat\.(recall|uncard|edit)$/.test(entry.type) && messageMarks.targetOf(entry)?.id === target.id,
    );
    return now !== null && messageOf(now) !== null && !isChanged && relay.mayAttach(target.by, room).ok;
  };

  const pictureOf = async (
    address: string,
    { room, by, isWanted }: Job,
  ): Promise<NonNullable<LinkCard['picture']> | null> => {
    const picture = await lookAtPicture(outside, address);
    if (!picture || stopped) return null;
    const { bytes, width, height } = picture;
    const hash = createHash('sha256').update(bytes).digest('hex');
    const kept = await blobs.put({
      ...{ room, hash, by, bytes: new Blob([Buffer.from(bytes)]).stream() },
      mayStill: () => (isWanted() ? ok(true) : err(gone)),
    });
    return kept.ok ? { hash, width, height } : null;
  };

  const make = async (job: Job): Promise<void> => {
    const facts = isOwn(job.link) ? null : await look(job.link);
    if (stopped || !job.isWanted()) return;
    const picture = facts?.picture ? await pictureOf(facts.picture, job) : null;
    if (stopped || !job.isWanted()) return;
    await job.tell(facts && { ...factsOf(job.link, facts), ...(picture ? { picture } : {}) });
  };

  const next = (): void => {
    while (!stopped && running.length < atOnce) {
      const job = waiting.shift();
      if (!job) return;
      running.push(job);
      make(job)
        .catch((error: unknown) => log.warn({ err: error, room: job.room }, 'a link stays without a card'))
        .finally(() => {
          running.splice(running.indexOf(job), 1);
          next();
        });
    }
  };

  relay.whenStored((rows) => {
    if (stopped) return;
    for (const row of rows) {
      const kind = findRoom(row.room)?.kind;
      const isBroadcast = kind === broadcastKind;
      if (!isBroadcast && (kind !== chatKind || !mayHaveLink(row))) continue;
      if (clock.now() - row.at > newFor || !isOn()) continue;
      const [said] = decodeLogRun(row.bytes);
      const job = said ? (isBroadcast ? broadcastJobOf : jobOf)(row.room, said) : null;
      if (job && waiting.length < mostWaiting && rate(job.by) === null) waiting.push(job);
    }
    // The commit is answered first.
    if (waiting.length > 0) setImmediate(next);
  });

  return {
    async preview(member, link) {
      if (!isOn() || isOwn(link)) return ok(null);
      const wait = rate(member);
      if (wait) return err(wait);
      const facts = await look(link);
      return ok(facts && factsOf(link, facts));
    },
    stop() {
      stopped = true;
      waiting.length = 0;
    },
  };
}
