import { createContext } from 'svelte';
import type { Failure } from '../../shared/base/errors.ts';
import type { Result } from '../../shared/base/result.ts';
import type { WorkspaceData } from '../data/api.ts';
import type { Account, NewMember } from './relay-api.ts';

/** What only this device has: it would be lost with a sign-out now. */
export interface UnsentSummary {
  readonly messages: number;
  readonly changes: number;
  readonly pictures: number;
}

/** Who is signed in on this device. The getters are reactive; what is known is known offline too. */
export interface Session {
  /** `starting`: this device still looks who was signed in. `ended`: the relay ended the session; data may still be here. */
  readonly state: 'starting' | 'signed-out' | 'signed-in' | 'ended';
  readonly account: Account | null;
  /** Set exactly while signed in. */
  readonly workspace: WorkspaceData | null;
  signIn(email: string, password: string): Promise<Result<void, Failure>>;
  setUp(token: string, workspace: string, owner: NewMember): Promise<Result<void, Failure>>;
  join(code: string, member: NewMember): Promise<Result<void, Failure>>;
  /** Asked before a sign-out, and on the page that tells of an ended session. */
  unsent(): Promise<UnsentSummary>;
  /** What was not sent as one readable file; null when everything was. */
  exportUnsent(): Promise<Blob | null>;
  /** Ends the session on the relay if it can be reached, and clears this device in any case. */
  signOut(options?: { readonly everywhere: boolean }): Promise<void>;
  /** After `ended`: clears this device and shows the sign-in page. */
  forget(): Promise<void>;
}

export const [useSession, provideSession] = createContext<Session>();
