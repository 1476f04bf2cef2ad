import type { Role } from '../../../shared/access/actor.ts';
import type { Failure } from '../../../shared/base/errors.ts';
import type { DeviceId, MemberId, WorkspaceId } from '../../../shared/base/ids.ts';
import type { TabSearch } from '../search/contract.ts';
import type { DeviceStorage } from '../storage/contract.ts';
import type { Timers } from '../sync/contract.ts';
import type { Bus, TabId } from '../sync/notes.ts';
import type { TabLease } from '../text/tab-lease.ts';
import type { Met } from './met.svelte.ts';

/** What a tab's workspace is put together from. */
export interface WorkspaceParts {
  readonly workspace: WorkspaceId;
  readonly me: MemberId;
  readonly device: DeviceId;
  /** The role at sign-in, until the directory is on this device. */
  readonly role: Role;
  readonly tab: TabId;
  readonly storage: DeviceStorage;
  readonly bus: Bus;
  readonly lease: TabLease;
  readonly timers: Timers;
  /** Absent where nobody looks for anything. */
  readonly search?: TabSearch;
  readonly met?: Met;
  /** What the list of customers shows is read before everything else. */
  readonly customersFirst?: boolean;
  /** What a guest is called who told no name. */
  readonly nameless?: (guest: MemberId) => string;
  /** Starts this tab's candidate for leading. */
  startLeader(leading: () => void): { stop(): void };
  /** The relay ended the session, or another tab signed out. */
  onEnded(why: Failure): void;
  /** Deletes what is kept outside the database. */
  clearCaches(): Promise<void>;
}
