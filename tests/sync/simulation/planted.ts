import type { Mutation } from './mutation.ts';

/** A bug that somebody could write any day, and that the simulation has to find. */
export interface Planted {
  readonly name: string;
  readonly changes: readonly Mutation[];
}

const plant = (name: string, file: string, replace: string, by: string): Planted => ({
  name,
  changes: [{ file, replace, with: by }],
});

/** For bugs that only newcomers show who are not given what was before. */
const alwaysLimited: Mutation = {
  file: 'tests/sync/simulation/schedule.ts',
  replace: 'seed % limitedEvery === 4',
  with: 'true',
};

export const planted: readonly Planted[] = [
  // The relay: what was before somebody came.
  {
    name: 'gives newcomers what was said before',
    changes: [
      alwaysLimited,
      { file: 'server/relay/catch-up.ts', replace: 'Math.max(window.from, tail)', with: 'tail' },
    ],
  },
  {
    name: 'tells newcomers by the state what was said last',
    changes: [
      alwaysLimited,
      {
        file: 'server/relay/access.ts',
        replace: 'shown: (state) => limited.hide(state, from)',
        with: 'shown: (state) => state',
      },
    ],
  },
  // The relay: durability.
  plant(
    'acknowledges before the commit',
    'server/relay/commit.ts',
    'queue.push(work);',
    'queue.push(work.row ? { ...work, done: () => {} } : work); if (work.row) work.done(null, store.head());',
  ),
  plant(
    'acknowledges a text before the disk has it',
    'server/relay/commit.ts',
    'announce(works, rows, !syncLater);',
    'announce(works, rows, true);',
  ),
  plant(
    'shows before the commit',
    'server/relay/commit.ts',
    'rows = persist(works, [], syncLater);',
    `{
      let at = store.head();
      published(works.flatMap((work) =>
        work.row ? [{ work, row: { ...work.row, cursor: ++at, seq: store.room(work.row.room)?.rows ?? 0 } }] : []));
    }
    rows = persist(works, [], syncLater);`,
  ),
  plant(
    'acknowledges what the disk refused',
    'server/relay/commit.ts',
    "for (const work of works) work.failed(failure('storage-failed', 'the relay could not store it'));",
    'for (const work of works) work.done(null, store.head());',
  ),
  plant(
    'answers for a copy while the first is still on its way to the disk',
    'server/relay/updates.ts',
    'if (staged.value === null)',
    'if (staged.value === null) return known(store.head()); if (staged.value === null)',
  ),
  plant(
    'drops an acknowledgement now and then',
    'server/relay/updates.ts',
    'done: (stored, cursor) => taken(stored?.cursor ?? cursor),',
    'done: (stored, cursor) => { if ((stored?.cursor ?? 1) % 5 > 0) taken(stored?.cursor ?? cursor); },',
  ),
  plant(
    'keeps counting on log entries of a failed commit',
    'server/relay/commands.ts',
    'if (row) logs.forget(row.room);',
    '',
  ),
  plant(
    'keeps the text of a failed commit',
    'server/relay/relay.ts',
    'for (const { row } of works) if (row) texts.forget(row.room);',
    '',
  ),
  // The relay: commands.
  plant(
    'carries out a second copy of a command that is queued',
    'server/relay/commands.ts',
    'if (others) return void others.push(deliver);',
    '',
  ),
  plant(
    'forgets what was settled',
    'server/relay/commands.ts',
    "if (settled && settled !== 'damaged') return deliver(settled);",
    '',
  ),
  // The relay: the gate.
  plant(
    'takes structs under an id of somebody else',
    'server/relay/client-ids.ts',
    'return holder !== null && isOwn(holder, caller);',
    'return holder !== null;',
  ),
  {
    name: 'takes what refers to something unknown',
    changes: [
      {
        file: 'server/relay/gate/judge.ts',
        replace: 'if (!(update.deletes[at + 1]! + update.deletes[at + 2]! <= end)) return missing();',
        with: '',
      },
      // Looked at once more when it is applied.
      {
        file: 'server/relay/gate/loaded-text.ts',
        replace: 'if (pendingStructs !== null || pendingDs !== null)',
        with: 'if (false)',
      },
    ],
  },
  plant(
    'takes content that has no place in a document',
    'server/relay/gate/judge.ts',
    "if (allows && !allows(holder, sub, { is: 'type', type, name }))",
    'if (false)',
  ),
  plant(
    'gives one client id to two devices',
    'server/relay/client-ids.ts',
    'while (ids.length < wanted) if (!store.isClientTaken(++last)) ids.push(last);',
    'while (ids.length < wanted) ids.push(lowest + ids.length);',
  ),
  // The relay: rights.
  plant(
    'asks nobody whether a text may be written',
    'server/relay/updates.ts',
    'return decision.ok ? null : decision.error;',
    'return null;',
  ),
  plant(
    'asks nobody whether a command is allowed',
    'shared/documents/decide.ts',
    'if (!decision.ok) return decision;',
    '',
  ),
  plant(
    'shows rows to everybody',
    'server/relay/fan-out.ts',
    "signature += includes(readers, member) ? '1' : '0';",
    "signature += '1';",
  ),
  plant(
    'gives rooms to whoever pulls them',
    'server/relay/catch-up.ts',
    "const decision = access.decide(member, { do: 'read' }, want.room);",
    'const decision = { ok: true } as const;',
  ),
  plant(
    'forgets to tell that a room was lost',
    'server/relay/relay.ts',
    'for (const session of [...(devices.get(member) ?? [])]) session.lose(room);',
    '',
  ),
  plant(
    'goes on with people who left the workspace',
    'server/relay/relay.ts',
    'if (committed.some(({ row }) => access.decidesActors(row.room))) endInactive();',
    '',
  ),
  plant(
    'remembers readers of yesterday',
    'server/relay/access.ts',
    'for (const room of rooms) sets.delete(room);',
    '',
  ),
  // The relay: catching up.
  plant(
    'leaves out one entry at the end of what is missing',
    'server/relay/catch-up.ts',
    'const rows = newestOf(store.rowsFrom(room, wanted, head.rows - wanted), limits.batch);',
    'const rows = newestOf(store.rowsFrom(room, wanted, head.rows - wanted - 1), limits.batch);',
  ),
  plant(
    'says one row more than was listed',
    'server/relay/catch-up.ts',
    'const head = store.head();',
    'const head = store.head() + 1;',
  ),
  // The device.
  plant(
    'notes the cursor before what is up to it is here',
    'client/data/sync/live-session.ts',
    'const listed = await roomsToPull(storage, changes.rooms);',
    'await storage.meta.write({ cursor: changes.head }); const listed = await roomsToPull(storage, changes.rooms);',
  ),
  plant(
    'counts its commands from the start again',
    'client/data/sync/outbox-sender.ts',
    'this.#n = lastCommand;',
    'this.#n = 0;',
  ),
  plant(
    'marks a change as sent before it is acknowledged',
    'client/data/sync/text-sender.ts',
    "const answer = await this.#connection.ask({ type: 'update', room, bytes });",
    "await this.#storage.texts.markSent(room, keys, 0); const answer = await this.#connection.ask({ type: 'update', room, bytes });",
  ),
  plant(
    'sends commands in another order',
    'client/data/sync/outbox-sender.ts',
    'for (const record of await this.#storage.outbox.all()) {',
    'for (const record of (await this.#storage.outbox.all()).reverse()) {',
  ),
  plant(
    'sends nothing again after a reconnect',
    'client/data/sync/outbox-sender.ts',
    'readonly #sent = new Map<CommandId, OutboxRecord>();',
    'get #sent() { return (globalThis.sentEver ??= new Map()); }',
  ),
  plant(
    'takes "later" for "no"',
    'client/data/sync/outbox-sender.ts',
    'if (errorTable[result.code].retry || buildsOnHeld) {',
    'if (buildsOnHeld) {',
  ),
  plant(
    'forgets what the relay refused',
    'client/data/storage/idb/outbox.ts',
    '? outbox.put({ ...row, failure: answer.failure })',
    '? outbox.delete(row.key!)',
  ),
  plant(
    'writes one id in two tabs',
    'client/data/text/tab-lease.ts',
    'if (release) return this.#hold(client, release);',
    'return this.#hold(client, release ?? (() => undefined));',
  ),
  plant(
    'swallows a full disk',
    'client/data/text/text-session.ts',
    'this.#buffer = [...batch, ...this.#buffer];',
    'return;',
  ),
  plant(
    'merges what was not sent as if it were',
    'client/data/storage/idb/texts.ts',
    'const sent = rows.filter(({ row }) => !row.unsent && !row.refused);',
    'const sent = rows;',
  ),
  plant(
    'begins a long log without the state before it',
    'client/data/projection/apply-log.ts',
    'const base = content.from > 0 ? (content.base ?? kind.initial) : kind.initial;',
    'const base = kind.initial;',
  ),
  plant(
    'keeps the entries of a conversation that it lost',
    'client/data/storage/idb/rooms.ts',
    'deleteRecord(tx as never, room);',
    '',
  ),
  // A relay that was restored, and what devices hand back.
  plant(
    'forgets that the relay was restored',
    'client/data/sync/live-session.ts',
    'else if (meta.epoch !== epoch) await this.#newEpoch(meta.epoch);',
    '',
  ),
  {
    name: 'keeps the cursors of before a restore',
    changes: [
      {
        file: 'client/data/storage/idb/rooms.ts',
        replace: 'lost.map((record) => ({ ...record, cursor: 0, stale: true })),',
        with: '[],',
      },
      {
        file: 'client/data/storage/idb/rooms.ts',
        replace: 'cursor: Math.min(meta.cursor, until)',
        with: 'cursor: meta.cursor',
      },
    ],
  },
  plant(
    'takes back what has no receipt',
    'server/relay/handback.ts',
    "if (!receipts.isOwn(row)) return answers.refused(failure('receipt-invalid', 'not a row of this relay'));",
    '',
  ),
  plant(
    'takes an entry back twice',
    'server/relay/handback.ts',
    'if (lost.isKnown(logs.open(room), entry)) return committer.enqueue({ done: known, failed: refused });',
    '',
  ),
  plant(
    'keeps no receipts on the device',
    'client/data/storage/idb/journal.ts',
    'put(tx, [cursor, room, entries[first]!.seq, last.at, all.length + overhead], { room, receipts: all });',
    '',
  ),
  plant(
    'writes on in a text that has still to come whole',
    'client/data/sync/text-sender.ts',
    ' || this.#events.isAwaited(room)',
    '',
  ),
];
