import { administrator } from './relay-process.ts';

export interface SignedIn {
  readonly token: string;
  readonly member: { readonly id: string; readonly name: string; readonly role: string };
  readonly workspace: { readonly id: string; readonly name: string };
}

async function call<T>(address: string, path: string, body: unknown, token?: string): Promise<T> {
  const response = await fetch(`${address}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as T;
}

/** Signs the relay's first administrator in over HTTP, as a program would. */
export const signIn = (
  address: string,
  who: { email: string; password: string } = administrator,
): Promise<SignedIn> => call(address, '/api/sign-in', who);

/** Lets people in by one invitation of the administrator; each answers as if just signed in. */
export async function join(address: string, admin: SignedIn, names: readonly string[]): Promise<SignedIn[]> {
  const invitation = await call<{ code: string }>(
    address,
    '/api/invitations',
    { role: 'member', maxUses: null, expiresInDays: 1 },
    admin.token,
  );
  const people: SignedIn[] = [];
  for (const name of names) {
    const email = `${encodeURIComponent(name).replaceAll('%', '').toLowerCase()}@example.org`;
    const password = `the password of ${name}`;
    people.push(await call(address, `/api/join/${invitation.code}`, { name, email, password }));
  }
  return people;
}
