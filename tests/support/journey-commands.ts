import { newId, type RoomId } from '../../shared/base/ids.ts';
import type { SignedIn } from './sign-in.ts';

export type Command = readonly [room: RoomId, type: string, data: unknown];

/** Commands by HTTP, as a script would send them; `from` is the number of the first. Throws when one is refused. */
export async function sendCommands(
  address: string,
  { token }: Pick<SignedIn, 'token'>,
  from: number,
  list: readonly Command[],
): Promise<void> {
  for (let at = 0; at < list.length; at += 100) {
    const commands = list
      .slice(at, at + 100)
      .map(([room, type, data], i) => ({ id: newId(), n: from + at + i, room, type, data }));
    const answer = await fetch(`${address}/api/commands`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ commands }),
    });
    const { results } = (await answer.json()) as { results: { ok: boolean; message?: string }[] };
    for (const result of results) if (!result.ok) throw new Error(result.message);
  }
}
