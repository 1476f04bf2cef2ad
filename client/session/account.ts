import { isId, type DeviceId, type MemberId, type WorkspaceId } from '../../shared/base/ids.ts';
import { roles, type Role } from '../../shared/access/actor.ts';

/** Who is signed in on this device, known also without a network. */
export interface SignedIn {
  readonly member: {
    readonly id: MemberId;
    readonly name: string;
    readonly email: string;
    readonly role: Role;
  };
  readonly workspace: { readonly id: WorkspaceId; readonly name: string };
  readonly session: { readonly id: string; readonly device: DeviceId };
}

const key = 'weft.account';

const fieldsOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Takes what the relay said, or what was kept, apart; null when it is not an account. */
export function readSignedIn(value: unknown): SignedIn | null {
  const { member, workspace, session } = fieldsOf(value);
  const who = fieldsOf(member);
  const where = fieldsOf(workspace);
  const from = fieldsOf(session);
  const role = roles.find((each) => each === who['role']);
  if (!isId(who['id']) || !isId(where['id']) || !isId(from['device']) || !role) return null;
  return {
    member: { id: who['id'] as MemberId, name: text(who['name']), email: text(who['email']), role },
    workspace: { id: where['id'] as WorkspaceId, name: text(where['name']) },
    session: { id: text(from['id']), device: from['device'] as DeviceId },
  };
}

/** What this device remembers; null when nobody is signed in or the entry was damaged. */
export function rememberedAccount(): SignedIn | null {
  try {
    return readSignedIn(JSON.parse(localStorage.getItem(key) ?? 'null'));
  } catch {
    return null;
  }
}

/** Without it the next start needs the network to know who is signed in; nothing else is lost. */
export function rememberAccount(account: SignedIn): void {
  try {
    localStorage.setItem(key, JSON.stringify(account));
  } catch {
    // Full or forbidden storage: the cookie still says who it is as long as the relay can be reached.
  }
}

/** Forgets the person; the choices of language and theme belong to the browser and stay. */
export function forgetAccount(): void {
  for (const name of Object.keys(localStorage))
    if (name.startsWith('weft.') && !kept.has(name)) localStorage.removeItem(name);
}

const kept = new Set(['weft.language', 'weft.theme']);

const owedKey = 'weft.sign-out-owed';

/** Signed out without a network: the relay still has the session and the browser its cookie. */
export function oweSignOut(): void {
  try {
    localStorage.setItem(owedKey, 'yes');
  } catch {
    // As with the account: the session then ends when it expires or somebody revokes it.
  }
}

export const owesSignOut = (): boolean => localStorage.getItem(owedKey) !== null;
export const signOutIsSettled = (): void => localStorage.removeItem(owedKey);
