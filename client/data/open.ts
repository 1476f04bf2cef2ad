import type { Role } from '../../shared/access/actor.ts';
import type { Failure } from '../../shared/base/errors.ts';
import { newId, type DeviceId, type MemberId, type WorkspaceId } from '../../shared/base/ids.ts';
import type { WorkspaceData } from './api.ts';
import { Met } from './reactive/met.svelte.ts';
import { LocalWorkspace } from './reactive/workspace.svelte.ts';
import { databaseName, openStorage } from './storage/idb/open.ts';
import type { MetPerson } from './storage/contract.ts';
import { WorkerSearch } from './search/start.ts';
import { systemTimers } from './sync/contract.ts';
import { broadcastBus } from './sync/notes.ts';
import { TabLease, webLocks } from './text/tab-lease.ts';
import { startLeader } from './worker/start.ts';

export interface Account {
  readonly workspace: WorkspaceId;
  readonly member: MemberId;
  readonly device: DeviceId;
  readonly role: Role;
}

/** When a page has read what it opens with, and when it has shown it. Milliseconds. */
const readAfter = 200;
const calmAfter = 2_000;

/** Opens this account's data in a browser tab: database, bus, client id, and a candidate for leading. */
export function openWorkspaceData(
  account: Account,
  onEnded: (why: Failure) => void,
  nameless: (guest: MemberId) => string,
): WorkspaceData {
  const { workspace, member, device, role } = account;
  const name = databaseName(workspace, member);
  const bus = broadcastBus(name);
  const storage = openStorage({
    workspace,
    member,
    onProblem: (problem) => (problem.code === 'session-ended' ? onEnded(problem) : data.report(problem)),
    onEvicted: () => void data.evicted(),
  });
  const socket = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/sync`;
  const search = new WorkerSearch({ workspace, member });
  const data = new LocalWorkspace({
    workspace,
    me: member,
    device,
    role,
    tab: newId(),
    storage,
    bus,
    lease: new TabLease(storage, bus, webLocks(), name),
    timers: systemTimers,
    search,
    met: new Met({ meta: storage.meta, timers: systemTimers, ask: namesOf }),
    nameless,
    customersFirst: location.pathname.startsWith('/customers'),
    startLeader: (leading) => later(() => startLeader({ workspace, member, device, socket }, leading)),
    onEnded,
    clearCaches,
  });
  // After the first screen: nothing on it comes from the index.
  setTimeout(() => search.begin(), calmAfter);
  addEventListener('online', () => data.networkIsBack());
  // The last moment a browser gives: what was typed in the last frame is handed to storage now.
  addEventListener('pagehide', () => void data.flush().catch(() => undefined));
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') void data.flush().catch(() => undefined);
    else data.networkIsBack();
  });
  return data;
}

/** What is on this device comes first: a network may be slow anyway, and a leader reads the same database. */
function later(start: () => { stop(): void }): { stop(): void } {
  let started: { stop(): void } | null = null;
  const timer = setTimeout(() => (started = start()), readAfter);
  return {
    stop() {
      clearTimeout(timer);
      started?.stop();
    },
  };
}

async function namesOf(ids: readonly MemberId[]): Promise<(MetPerson & { readonly id: MemberId })[]> {
  const response = await fetch(`/api/people?ids=${ids.join(',')}`);
  if (!response.ok) throw new Error(`names of people: ${response.status}`);
  return ((await response.json()) as { people: (MetPerson & { readonly id: MemberId })[] }).people;
}

async function clearCaches(): Promise<void> {
  const kept: CacheStorage | undefined = globalThis.caches;
  if (!kept) return;
  // The shell itself stays, and the guest's: they hold nothing of the person and open offline.
  for (const name of await kept.keys()) if (!/^weft-(files|guest)-/.test(name)) await kept.delete(name);
}
