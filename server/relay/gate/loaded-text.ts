import * as Y from 'yjs';
import type { AnyTextKind } from '../../../shared/documents/registry.ts';
import { failure, type Failure } from '../../../shared/base/errors.ts';
import { err, ok, type Result } from '../../../shared/base/result.ts';
import { bounds } from './bounds.ts';
import { Change } from './change.ts';
import { encodeState } from './encode-state.ts';
import { judge, type OwnsClient, type Plan } from './judge.ts';
import { inOrder } from './order.ts';
import { piecesOf, type Piece, type PieceSize } from './pieces.ts';
import { createPlaces } from './places.ts';
import { readUpdate, uncapped, type ReadUpdate } from './read-update.ts';
import { readVector } from './read-vector.ts';
import { arrivalOf, itemsPast, tooFar } from './walks.ts';
import { stepsPerLook, type Sliced, type Work } from './work.ts';

/** What is applied in one transaction: a millisecond or so. */
const piece: PieceSize = { structs: 64, ranges: 64, bytes: 16 * 1024 };
/** Steps that one struct or range costs when it is applied, and the least a piece costs: the clock is asked after each. */
const stepsPerPart = 8;
const stepsPerPiece = 64;
/** A text that seems full is measured again when it has taken this much more. */
const measureEvery = 1024 * 1024;
/** Stored bytes up to this size are applied at once when a document is loaded. */
const fewBytes = 16 * 1024;
/** Milliseconds after which loading makes smaller pieces: what was stored may be far to place. */
const longLoad = 2;
/** Items that are walked past in the time of one step of work. */
const walkedPerStep = 4;

const nothing: ReadonlySet<number> = new Set();

/** Milliseconds that this process has used of all processors. */
function processorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** An update was refused when the document had taken a part of it: that copy of the document is of no use any more. */
export interface Spoilt extends Failure {
  readonly isSpoilt: true;
}

export const isSpoilt = (why: Failure): why is Spoilt => 'isSpoilt' in why;

const spoilt = (why: Failure): Spoilt => ({ ...why, isSpoilt: true });

/** A document in memory as the log has it, and what was staged on top. */
export class LoadedText {
  readonly doc = new Y.Doc();
  readonly #now: () => number;
  readonly #most: number;
  readonly #places = createPlaces();
  /** What it was made of: at least the bytes of the document as it is. */
  #bytes = 0;
  /** `bytes` when it was the document's true size. */
  #measured = 0;
  /** At least the number of structs. */
  #structs = 0;
  /** What the transaction that runs is told to; null while it loads. */
  #change: Change | null = null;
  #clients: readonly number[] = [];

  /** `now` in milliseconds, to know how long it takes to apply something; `most` bytes the document may have. */
  constructor(now: () => number, most: number) {
    this.#now = now;
    this.#most = most;
    // Yjs tidies formatting marks by deletions of its own; the relay must hold exactly what its log says.
    this.doc.on('afterTransaction', (transaction: Y.Transaction) => {
      transaction._needFormattingCleanup = false;
    });
    this.doc.on('afterTransactionCleanup', (transaction: Y.Transaction) => {
      this.#change?.add(transaction, this.#clients);
    });
  }

  get bytes(): number {
    return this.#bytes;
  }

  stored(bytes: number): void {
    this.#bytes += bytes;
  }

  measured(bytes: number): void {
    this.#bytes = this.#measured = bytes;
  }

  /** Takes in what the relay stored, in order. */
  *load(snapshot: Uint8Array | null, rows: readonly Uint8Array[], work: Work): Sliced<void> {
    this.#bytes = rows.reduce((sum, row) => sum + row.length, snapshot?.length ?? 0);
    this.#measured = snapshot?.length ?? 0;
    const all = snapshot ? [snapshot, ...rows] : rows;
    for (let at = 0; at < all.length;) {
      if (all[at]!.length > fewBytes) {
        yield* this.#loadLarge(all[at++]!, work);
        continue;
      }
      let bytes = 0;
      const end = this.#now() + longLoad;
      this.doc.transact(() => {
        while (at < all.length && bytes + all[at]!.length <= fewBytes && (bytes === 0 || this.#now() < end)) {
          bytes += all[at]!.length + 100;
          Y.applyUpdate(this.doc, all[at++]!);
        }
      });
      if (work.did(stepsPerPiece + bytes / 4)) yield;
    }
    this.#structs = this.#count();
  }

  *#loadLarge(bytes: Uint8Array, work: Work): Sliced<void> {
    const update = yield* readUpdate(bytes, work, uncapped);
    const order: number[] = [];
    yield* inOrder(update, this.known, work, (_reader, _run, i) => {
      order.push(i);
      return null;
    });
    const size = { ...piece };
    const stored = { order, gone: nothing, lists: nothing, far: nothing };
    for (const { bytes: each } of piecesOf(update, stored, this.known, size)) {
      const started = this.#now();
      Y.applyUpdate(this.doc, each);
      size.structs = this.#now() - started > longLoad ? 1 : Math.min(piece.structs, 2 * size.structs);
      if (work.did(stepsPerPiece + piece.structs * stepsPerPart)) yield;
    }
  }

  /**
   * Checks an update and applies it. Gives the bytes to store: only what was new, null when nothing was. A failure that
   * `isSpoilt` leaves the document changed.
   */
  *take(
    update: ReadUpdate,
    kind: AnyTextKind,
    owns: OwnsClient,
    work: Work,
  ): Sliced<Result<Uint8Array | null, Failure>> {
    const { doc } = this;
    const plan = yield* judge({ doc, places: this.#places, kind, update, owns }, work);
    if ('code' in plan) return err(plan);
    const full = this.#hasRoom(update, plan) ? null : yield* this.#whyFull(update, plan, work);
    if (full) return err(full);
    return yield* this.#apply(update, plan, work);
  }

  /**
   * The same for updates put together, whoever sent them being who may write under their client ids. False when they have
   * to be taken one by one: the document is as it was then. Otherwise each is stored as it came.
   */
  *takeTogether(update: ReadUpdate, kind: AnyTextKind, work: Work): Sliced<boolean> {
    const { doc } = this;
    const plan = yield* judge({ doc, places: this.#places, kind, update, owns: () => true }, work);
    if ('code' in plan || !plan.onlyAdds || plan.gone.size > 0 || plan.far.size > 0) return false;
    if (!this.#hasRoom(update, plan)) return false;
    Y.applyUpdate(doc, update.bytes);
    if (doc.store.pendingStructs !== null) throw new Error('what was judged could not be applied');
    work.did(plan.order.length * stepsPerPart);
    return true;
  }

  *encode(vector: ReadonlyMap<number, number>, work: Work): Sliced<Uint8Array> {
    return yield* encodeState(this.doc, vector, work);
  }

  /** What a state vector lacks; throws for bytes that are none. */
  *difference(vector: Uint8Array, work: Work): Sliced<Uint8Array> {
    const { clients } = this.doc.store;
    return yield* this.encode(yield* readVector(vector, (client) => clients.has(client), work), work);
  }

  /** The first clock of a client id that the document does not have. */
  readonly known = (client: number): number => Y.getState(this.doc.store, client);

  #count(): number {
    let structs = 0;
    for (const each of this.doc.store.clients.values()) structs += each.length;
    return structs;
  }

  /** The usual case: nothing has to be counted or measured. */
  #hasRoom(update: ReadUpdate, plan: Plan): boolean {
    const parts = plan.order.length + (2 * update.deletes.length) / 3;
    const hasRoom =
      plan.order.length > 0 &&
      this.#structs + parts <= bounds.liveStructs &&
      this.#bytes + update.bytes.length <= this.#most;
    if (hasRoom) this.#structs += parts;
    return hasRoom;
  }

  /** Structs find no room in a full document; deletions do, unless they cut it into too many parts. */
  *#whyFull(update: ReadUpdate, plan: Plan, work: Work): Sliced<Failure | null> {
    const full = (what: string): Failure => failure('too-large', `the document is full: ${what}`);
    const isAdding = plan.order.length > 0;
    // Every deletion may cut two structs.
    const parts = plan.order.length + (2 * update.deletes.length) / 3;
    const most = isAdding ? bounds.liveStructs : bounds.cutStructs;
    if (this.#structs + parts > most) this.#structs = this.#count();
    if (this.#structs + parts > most) return full('it has too many parts');
    this.#structs += parts;
    if (!isAdding) {
      // What is deleted now makes room: the next who finds it full measures.
      this.#measured = -Infinity;
      return null;
    }
    const more = update.bytes.length;
    if (this.#bytes + more <= this.#most) return null;
    if (this.#bytes - this.#measured >= measureEvery)
      this.measured((yield* this.encode(new Map(), work)).length);
    return this.#bytes + more <= this.#most ? null : full('it has too many bytes');
  }

  *#apply(update: ReadUpdate, plan: Plan, work: Work): Sliced<Result<Uint8Array | null, Failure>> {
    const change = new Change();
    const clients = update.runs.map(({ client }) => client);
    const parts = plan.order.length + update.deletes.length / 3;
    const most = bounds.applying + parts * bounds.applyingPart;
    const begun = processorTime();
    let took = 0;
    let past = 0;
    for (const each of this.#pieces(update, plan)) {
      const alone =
        each.far === null ? 0 : itemsPast(arrivalOf(this.doc, update, each.far), bounds.pastOne + 1);
      past += alone;
      if (alone > bounds.pastOne || past > bounds.past) return err(spoilt(tooFar));
      const started = this.#now();
      this.#change = change;
      this.#clients = clients;
      try {
        Y.applyUpdate(this.doc, each.bytes);
      } catch (error) {
        return err(
          spoilt(failure('update-malformed', error instanceof Error ? error.message : 'cannot be applied')),
        );
      } finally {
        this.#change = null;
      }
      const { pendingStructs, pendingDs } = this.doc.store;
      if (pendingStructs !== null || pendingDs !== null)
        return err(
          spoilt(failure('update-missing-reference', 'refers to something the relay does not have')),
        );
      took += this.#now() - started;
      // A machine that is busy with something else takes long for anything.
      if (took > most && processorTime() - begun > most)
        return err(spoilt(failure('too-large', 'the update takes too long to apply')));
      if (work.did(each.steps + alone / walkedPerStep)) yield;
    }
    return ok(change.encode());
  }

  *#pieces(update: ReadUpdate, plan: Plan): Generator<Piece & { readonly steps: number }> {
    const structs = plan.order.length;
    const ranges = update.deletes.length / 3;
    const isSmall = structs <= piece.structs && ranges <= piece.ranges && update.bytes.length <= piece.bytes;
    if (
      isSmall &&
      plan.gone.size + plan.lists.size + plan.far.size === 0 &&
      update.runs.every((run) => run.from >= this.known(run.client))
    ) {
      yield { bytes: update.bytes, far: null, steps: (structs + ranges) * stepsPerPart };
      return;
    }
    const steps = stepsPerPiece + (isSmall ? structs + ranges : piece.structs) * stepsPerPart;
    for (const each of piecesOf(update, plan, this.known, piece))
      yield { ...each, steps: each.far === null ? steps : stepsPerLook };
  }
}
