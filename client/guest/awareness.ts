/* Awareness updates of y-protocols, as far as a guest needs them: who is here, and who is writing. */
import * as decoding from 'lib0/decoding';
import * as encoding from 'lib0/encoding';
import { isId, type MemberId } from '../../shared/base/ids.ts';

/** Somebody's state under one client id; null when they went away. */
export interface SeenState {
  readonly client: number;
  readonly member: MemberId | null;
  readonly typing: boolean;
}

export function encodeState(
  client: number,
  clock: number,
  state: Readonly<Record<string, true>> | null,
): Uint8Array {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, 1);
  encoding.writeVarUint(encoder, client);
  encoding.writeVarUint(encoder, clock);
  encoding.writeVarString(encoder, JSON.stringify(state));
  return encoding.toUint8Array(encoder);
}

/** From where it cannot be read on, nothing: it is what somebody else's program sent. */
export function decodeStates(bytes: Uint8Array): readonly SeenState[] {
  const seen: SeenState[] = [];
  try {
    const decoder = decoding.createDecoder(bytes);
    for (let left = decoding.readVarUint(decoder); left > 0; left--) {
      const client = decoding.readVarUint(decoder);
      decoding.readVarUint(decoder);
      const state = JSON.parse(decoding.readVarString(decoder)) as {
        user?: { id?: unknown } | null;
        typing?: unknown;
      } | null;
      const id = state?.user?.id;
      seen.push({ client, member: isId(id) ? (id as MemberId) : null, typing: state?.typing === true });
    }
  } catch {
    return seen;
  }
  return seen;
}
