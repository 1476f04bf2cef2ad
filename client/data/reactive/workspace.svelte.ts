import type * as Y from 'yjs';
import type { Actor, Decision } from '../../../shared/access/actor.ts';
import { failure, type Failure } from '../../../shared/base/errors.ts';
import {
  newId,
  type CommandId,
  type DeviceId,
  type MemberId,
  type RoomId,
  type WorkspaceId,
} from '../../../shared/base/ids.ts';
import { decide, judgeCommand, type Resource } from '../../../shared/documents/decide.ts';
import { findRoom, type AnyLogKind } from '../../../shared/documents/registry.ts';
import { appsRoomId } from '../../../shared/features/apps/kind.ts';
import type { AppsState } from '../../../shared/features/apps/schema.ts';
import { settingsRoomId } from '../../../shared/features/customers/settings.ts';
import type { SettingsState } from '../../../shared/features/customers/settings-schema.ts';
import type { AdminState } from '../../../shared/features/directory/admin.ts';
import { directoryRoomId } from '../../../shared/features/directory/kind.ts';
import type { MessageMarks } from '../../../shared/features/chat/marks.ts';
import type { DirectoryState } from '../../../shared/features/directory/schema.ts';
import { ownRoom } from '../../../shared/features/personal/rooms.ts';
import type { SegmentsState } from '../../../shared/features/personal/segments.ts';
import type {
  ListState,
  NoticesState,
  RepliesState,
  SavedState,
  TodosState,
} from '../../../shared/features/personal/schema.ts';
import { err } from '../../../shared/base/result.ts';
import { wordsFound, type Found } from '../../../shared/features/words/judge.ts';
import { wordsRoomId } from '../../../shared/features/words/kind.ts';
import type { WordsState } from '../../../shared/features/words/schema.ts';
import { partOf, roomId } from '../../../shared/protocol/rooms.ts';
import type {
  ChatRow,
  CustomerRow,
  DocRow,
  LogView,
  MarkedEntry,
  Mention,
  SyncStatus,
  TextView,
  TypingView,
  WorkspaceData,
} from '../api.ts';
import { keepStorage, storageInfo } from '../browser-storage.ts';
import { FailureError } from '../failure-error.ts';
import { groupByRoom, overlaidState } from '../projection/overlay.ts';
import type { Search } from '../search/contract.ts';
import type { DraftStore, OutboxRecord } from '../storage/contract.ts';
import { noState, type LeaderState, type Note } from '../sync/notes.ts';
import { exportUnsent } from '../unsent-export.ts';
import { detachedCopy } from '../text/detached-copy.ts';
import { OpenTexts } from '../text/open-texts.ts';
import { DeviceView } from './device-view.svelte.ts';
import { judgeEach, type RoomCommand } from './judge-each.ts';
import { LocalFiles } from './files.svelte.ts';
import { DeviceLists } from './lists.svelte.ts';
import { LogWindow, type LogDeps } from './log-view.svelte.ts';
import { discardQueued, retryQueued, type QueueParts } from './queue-changes.ts';
import { queueOf } from './queue.ts';
import { resourceOf } from './resource.ts';
import { markedEntries, markedLog } from './marked-entries.ts';
import { makeStatus } from './status.ts';
import { TextWindow } from './text-view.svelte.ts';
import { TypingRooms } from './typing.svelte.ts';
import type { WorkspaceParts } from './workspace-parts.ts';

/** Everything pages read, from this device's database, kept current by notes. */
export class LocalWorkspace implements WorkspaceData {
  readonly workspace: WorkspaceId;
  readonly me: MemberId;
  readonly device: DeviceId;
  readonly #parts: WorkspaceParts;
  readonly #texts: OpenTexts;
  readonly #typing: TypingRooms;
  readonly #view: DeviceView;
  readonly #directoryRoom: RoomId;
  readonly #leader: { stop(): void };
  readonly #stopListening: () => void;

  #ready = $state(false);
  #leading = $state(false);
  #problem = $state.raw<Failure | null>(null);
  #state = $state.raw<LeaderState>(noState);

  #askedToKeep = false;

  readonly #commands = $derived.by(() => groupByRoom(this.#view.unsent.outbox));
  readonly #unsentTexts: ReadonlySet<RoomId> = $derived.by(
    () => new Set(this.#view.unsent.texts.map(({ room }) => room)),
  );
  readonly #queue = $derived.by(() => queueOf(this.#view.unsent));
  readonly #lists: DeviceLists;
  readonly chats = $derived.by(() => this.#lists.chats);
  readonly docs = $derived.by(() => this.#lists.docs);
  readonly customers = $derived.by(() => this.#lists.customers);
  readonly customerLines = $derived.by(() => this.#lists.customerLines);
  readonly handovers = $derived.by(() => this.#lists.handovers);
  readonly broadcasts = $derived.by(() => this.#lists.broadcasts);
  readonly directory: DirectoryState = $derived.by(() => {
    const shown = this.#stateOf(this.#directoryRoom) as DirectoryState;
    const apps = this.#stateOf(roomId(this.workspace, 'apps', appsRoomId)) as AppsState;
    return this.#lists.withOutsiders(this.#parts.met?.in(shown) ?? shown, apps);
  });
  readonly list = $derived.by(() => this.#own() as ListState);
  readonly saved = $derived.by(() => this.#own('saved') as SavedState);
  readonly todos = $derived.by(() => this.#own('todos') as TodosState);
  readonly notices = $derived.by(() => this.#own('notices') as NoticesState);
  readonly replies = $derived.by(() => this.#own('replies') as RepliesState);
  readonly segments = $derived.by(() => this.#own('segments') as SegmentsState);
  readonly customerSettings: SettingsState = $derived.by(
    () => this.#stateOf(roomId(this.workspace, 'customers', settingsRoomId)) as SettingsState,
  );
  readonly words: WordsState = $derived.by(
    () => this.#stateOf(roomId(this.workspace, 'words', wordsRoomId)) as WordsState,
  );
  readonly door: AdminState = $derived.by(
    () => this.#stateOf(partOf(this.#directoryRoom, 'admin')) as AdminState,
  );
  readonly actor: Actor = $derived.by(() => {
    const member = this.directory.members[this.me];
    return member
      ? { member: this.me, role: member.role, active: member.leftAt === null }
      : { member: this.me, role: this.#parts.role, active: true };
  });
  readonly online: ReadonlySet<MemberId> = $derived(new Set(this.#state.online));
  readonly sync: SyncStatus;
  readonly files: LocalFiles;
  readonly drafts: DraftStore;
  readonly search: Search;
  readonly storage = storageInfo;
  readonly keepStorage = keepStorage;

  constructor(parts: WorkspaceParts) {
    this.#parts = parts;
    this.#view = new DeviceView(parts.storage, parts.timers, (error) => this.#caught(error));
    this.workspace = parts.workspace;
    this.me = parts.me;
    this.device = parts.device;
    this.#directoryRoom = roomId(parts.workspace, 'directory', directoryRoomId);
    this.#lists = new DeviceLists({
      ...parts,
      records: () => this.#view.records,
      commands: () => this.#commands,
      unsentTexts: () => this.#unsentTexts,
      ahead: () => this.#view.ahead,
    });
    this.sync = makeStatus(() => this.#state, {
      queue: () => this.#queue,
      leader: () => this.#leading,
      lost: () => this.#view.unsent.lost,
      problem: () => this.#problem,
    });
    this.drafts = parts.storage.drafts;
    this.search = parts.search ?? { find: () => Promise.resolve(null), bytes: () => Promise.resolve(null) };
    this.files = new LocalFiles({
      blobs: parts.storage.blobs,
      now: parts.timers.now,
      queue: () => this.#view.unsent.blobs,
      queueChanged: () => this.#queueChanged(),
      onProblem: (error) => this.#caught(error),
    });
    this.#texts = new OpenTexts({
      ...parts,
      onProblem: (problem) => this.report(problem),
      onMended: () => this.#mended(),
      onStored: (room) => {
        this.#stored();
        this.#view.touch([room], true);
      },
    });
    this.#typing = new TypingRooms(parts);
    this.#stopListening = parts.bus.listen((note) => this.#hear(note));
    void this.#load();
    void parts.lease.acquire();
    this.#leader = parts.startLeader(() => {
      this.#leading = true;
    });
    parts.bus.post({ type: 'ask-state' });
  }

  get ready(): boolean {
    return this.#ready;
  }

  get hasCopy(): boolean {
    return this.#state.syncedAt !== null;
  }

  chat(id: string): ChatRow | null {
    return this.#lists.chat(id);
  }

  doc(id: string): DocRow | null {
    return this.#lists.doc(id);
  }

  customer(id: string): CustomerRow | null {
    return this.#lists.customer(id);
  }

  may(room: RoomId, type: string, data: unknown): Decision {
    const resource = this.#resource(room);
    return resource
      ? decide(this.actor, { do: 'command', type, data }, resource)
      : err(failure('room-not-found', 'no such kind of room'));
  }

  wordsFound(room: RoomId, type: string, data: unknown): readonly Found[] {
    const resource = this.#resource(room);
    return resource ? wordsFound(this.actor, resource, type, data) : [];
  }

  async send(room: RoomId, type: string, data: unknown): Promise<CommandId> {
    const plain: unknown = JSON.parse(JSON.stringify(data));
    const resource = this.#resource(room);
    if (!resource) throw new FailureError(failure('room-not-found', 'no such kind of room'));
    const judged = judgeCommand(this.actor, type, plain, resource);
    if (!judged.ok) throw new FailureError(judged.error);
    const id = newId<CommandId>();
    if (judged.value.done) return id;
    await this.#enqueue({ id, room, type, data: judged.value.data });
    return id;
  }

  sendAll(room: RoomId, commands: readonly { id: CommandId; type: string; data: unknown }[]): Promise<void> {
    return this.sendEach(commands.map((command) => ({ ...command, room })));
  }

  async sendEach(commands: readonly RoomCommand[]): Promise<void> {
    const at = this.#parts.timers.now();
    const records = judgeEach(this.actor, (room) => this.#resource(room), commands, at);
    const added = this.#parts.storage.outbox.addAll(records);
    this.#queued(await added.catch((error: unknown) => this.#failed(error)));
  }

  async retry(id: string): Promise<void> {
    await retryQueued(this.#queueParts(), id);
    this.#queueChanged();
  }

  async discard(id: string): Promise<void> {
    await discardQueued(this.#queueParts(), id);
    this.#queueChanged();
  }

  async discardLost(room: RoomId): Promise<void> {
    await this.#parts.storage.journal.discardOwed(room);
    this.#queueChanged();
  }

  openLog(room: RoomId): LogView {
    const deps: LogDeps = {
      ...this.#parts,
      commands: (of) => this.#commands.get(of),
      first: (of) => this.#firstKnown(of),
      onProblem: (problem) => this.report(problem),
      onClose: (closed) => this.#view.hide(closed),
    };
    const view = new LogWindow(deps, room);
    this.#view.show(view);
    return view;
  }

  mentions(limit: number): Promise<readonly Mention[]> {
    return this.#orElse(this.#parts.storage.mentions.newest(limit), []);
  }

  entries(room: RoomId, from: number, to: number): Promise<readonly MarkedEntry[]> {
    return this.#orElse(markedEntries(this.#parts.storage.rooms, room, from, to), []);
  }

  async marks(room: RoomId, ids: Iterable<CommandId>): Promise<ReadonlyMap<CommandId, MessageMarks>> {
    const marks = await this.#orElse(this.#parts.storage.rooms.marks(room, ids), new Map());
    return marks as ReadonlyMap<CommandId, MessageMarks>;
  }

  openTyping(room: RoomId): TypingView {
    return this.#typing.open(room);
  }

  openText(room: RoomId): TextView {
    return new TextWindow(this.#texts, room, () => {
      const resource = this.#resource(room);
      const decision = resource && decide(this.actor, { do: 'write' }, resource);
      return decision && !decision.ok ? decision.error : null;
    });
  }

  putBlob(room: RoomId, blob: Blob): Promise<string> {
    return this.files.put(room, blob);
  }

  async getBlob(room: RoomId, hash: string): Promise<Blob | null> {
    const found = await this.files.fetch(room, hash);
    return found.ok ? found.value : null;
  }

  async readText(room: RoomId): Promise<Y.Doc> {
    await this.#texts.flush();
    return detachedCopy(this.#parts.storage.texts, room);
  }

  readLog(room: RoomId): AsyncIterable<readonly MarkedEntry[]> {
    return markedLog(this.#parts.storage.rooms, room);
  }

  async rooms(): Promise<readonly RoomId[]> {
    return (await this.#parts.storage.rooms.all()).map((record) => record.room);
  }

  async exportUnsent(): Promise<Blob> {
    await this.#texts.flush();
    return exportUnsent(this.#parts.storage);
  }

  /** Everything typed is stored when it resolves. For `pagehide`. */
  flush(): Promise<void> {
    return this.#texts.flush();
  }

  /** The browser says the network is back, or the person wants to try at once. */
  networkIsBack(): void {
    this.#parts.bus.post({ type: 'network' });
  }

  async epoch(): Promise<string | null> {
    return (await this.#parts.storage.meta.read()).epoch;
  }

  async keepOnlyUnsent(): Promise<number> {
    await this.#texts.close().catch(() => undefined);
    this.#leader.stop();
    this.#parts.search?.stop();
    const kept = await this.#parts.storage.keepOnlyUnsent();
    await this.#parts.clearCaches();
    return kept;
  }

  async close(options: { wipe: boolean } = { wipe: false }): Promise<void> {
    await this.#texts.close().catch((error: unknown) => {
      // Signing out deletes it anyway; otherwise the changes stay in memory and the person is told.
      if (!options.wipe) throw error;
    });
    this.#typing.close();
    this.#stopListening();
    this.#leader.stop();
    this.#parts.search?.stop();
    this.#parts.lease.close();
    this.#parts.bus.close();
    if (!options.wipe) return this.#parts.storage.close();
    await this.#parts.storage.destroy();
    await this.#parts.clearCaches();
  }

  /** What a person keeps for themselves alone. */
  #own(part?: Parameters<typeof ownRoom>[2]): unknown {
    return this.#stateOf(ownRoom(this.workspace, this.me, part));
  }

  #stateOf(room: RoomId): unknown {
    const kind = findRoom(room)?.kind as AnyLogKind;
    return overlaidState(kind, this.#view.records.get(room), this.#commands.get(room), this.me);
  }

  #resource(room: RoomId): Resource | null {
    return resourceOf(room, {
      workspace: this.workspace,
      directory: this.directory,
      now: this.#parts.timers.now,
      stateOf: (of) => this.#stateOf(of),
      entry: (of, target) => this.#view.entry(of, target),
    });
  }

  /** Newcomers to a group may know it from then on only: their copy begins there, and there is nothing to fetch before. */
  #firstKnown(room: RoomId): number {
    const resource = this.#resource(room);
    if (resource?.kind.class !== 'log') return 0;
    return resource.kind.limited?.from(resource.governing, this.me) ?? 0;
  }

  async #enqueue(command: { id: CommandId; room: RoomId; type: string; data: unknown }): Promise<void> {
    const { storage, timers } = this.#parts;
    const added = storage.outbox.add({ ...command, at: timers.now() });
    this.#queued([await added.catch((error: unknown) => this.#failed(error))]);
  }

  #queueParts(): QueueParts {
    return {
      ...this.#parts,
      unsent: this.#view.unsent,
      texts: this.#texts,
      files: this.files,
      enqueue: (command) => this.#enqueue(command),
      send: (room, type, data) => this.send(room, type, data),
    };
  }

  #orElse<T>(reading: Promise<T>, otherwise: T): Promise<T> {
    return reading.catch((error: unknown) => {
      this.#caught(error);
      return otherwise;
    });
  }

  #failed(error: unknown): never {
    this.#caught(error);
    throw error;
  }

  #queued(records: readonly OutboxRecord[]): void {
    this.#view.add(...records);
    this.#stored();
    this.#queueChanged();
    if (this.#askedToKeep) return;
    // From the first own change on there is something that must not be evicted.
    this.#askedToKeep = true;
    void this.keepStorage().catch(() => false);
  }

  #queueChanged(): void {
    this.#parts.bus.post({ type: 'queue' });
    this.#parts.bus.post({ type: 'wake' });
    this.#view.touch([]);
  }

  #hear(note: Note): void {
    this.files.hear(note);
    switch (note.type) {
      case 'rooms':
        return this.#view.touch(note.rooms);
      case 'queue':
        return this.#view.touch([]);
      case 'state':
        // A tab that begins to lead tells of itself before it has read when this device was whole.
        this.#state = { ...note.state, syncedAt: note.state.syncedAt ?? this.#state.syncedAt };
        return;
      case 'ended':
        return this.#parts.onEnded(note.failure);
      default:
        return;
    }
  }

  async #load(): Promise<void> {
    try {
      const { storage, customersFirst } = this.#parts;
      const [meta] = await Promise.all([storage.meta.read(), this.#view.load(customersFirst)]);
      if (this.#state.syncedAt === null) this.#state = { ...this.#state, syncedAt: meta.syncedAt };
      this.#ready = true;
    } catch (error) {
      this.#caught(error);
    }
  }

  /** The browser threw this device's database away: what is still in memory here goes into the new one. */
  async evicted(): Promise<void> {
    const { storage, bus } = this.#parts;
    const unsent = this.#view.unsent.outbox;
    this.#texts.storeAgain();
    // Another tab may have put the same command there.
    for (const { id, room, type, data, at, failure } of unsent)
      if (!failure) await storage.outbox.add({ id, room, type, data, at }).catch(() => undefined);
    this.#view.forget();
    await this.#load();
    bus.post({ type: 'evicted' });
  }

  /** Something of this device failed; shown until it works again. */
  report(problem: Failure): void {
    this.#problem = problem;
  }

  /** Writing works (again): a full disk has been mended. */
  #stored(): void {
    if (this.#problem?.code === 'device-full') this.#problem = null;
  }

  #mended(): void {
    if (this.#problem?.code === 'device-damaged') this.#problem = null;
  }

  #caught(error: unknown): void {
    if (!(error instanceof FailureError)) throw error;
    this.report(error.failure);
  }
}
