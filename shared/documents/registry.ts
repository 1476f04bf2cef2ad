import type { LogKind, TextKind } from '../access/kind.ts';
import type { RoomId } from '../base/ids.ts';
import { appsKind } from '../features/apps/kind.ts';
import { chatJoinsKind } from '../features/chat/joining.ts';
import { chatKind, chatReadsKind } from '../features/chat/kind.ts';
import { broadcastKind, broadcastListKind } from '../features/customers/broadcast.ts';
import { customerKind } from '../features/customers/customer.ts';
import { handoverKind } from '../features/customers/handover.ts';
import { settingsKind } from '../features/customers/settings.ts';
import { directoryAdminKind } from '../features/directory/admin.ts';
import { directoryKind } from '../features/directory/kind.ts';
import { docAboutKind, docKind } from '../features/docs/kind.ts';
import {
  listKind,
  noticesKind,
  repliesKind,
  savedKind,
  segmentsKind,
  todosKind,
} from '../features/personal/kind.ts';
import { scratchKind } from '../features/scratch/kind.ts';
import { wordsKind } from '../features/words/kind.ts';
import { parseRoom, partOf, type RoomName } from '../protocol/rooms.ts';

/**
 * A kind as code that handles all of them sees it: states are `unknown` and only travel between functions of the same
 * kind. `anyKind` is the one place where the types of single kinds are forgotten.
 */
export type AnyLogKind = LogKind<unknown, unknown>;
export type AnyTextKind = TextKind<unknown>;
export type AnyKind = AnyLogKind | AnyTextKind;

const anyKind = <State, Governing>(kind: LogKind<State, Governing> | TextKind<Governing>): AnyKind =>
  kind as unknown as AnyKind;

/** Every kind of room there is. What is not here does not exist: it has no class, no rights, no place on the relay. */
export const allKinds: readonly AnyKind[] = [
  anyKind(directoryKind),
  anyKind(directoryAdminKind),
  anyKind(appsKind),
  anyKind(chatKind),
  anyKind(chatReadsKind),
  anyKind(chatJoinsKind),
  anyKind(docAboutKind),
  anyKind(docKind),
  anyKind(listKind),
  anyKind(savedKind),
  anyKind(todosKind),
  anyKind(noticesKind),
  anyKind(repliesKind),
  anyKind(segmentsKind),
  anyKind(settingsKind),
  anyKind(wordsKind),
  anyKind(customerKind),
  anyKind(handoverKind),
  anyKind(broadcastKind),
  anyKind(broadcastListKind),
  anyKind(scratchKind),
];

const byName = new Map(allKinds.map((kind) => [keyOf(kind.kind, kind.part), kind]));

function keyOf(kind: string, part: string | null): string {
  return part ? `${kind}:${part}` : kind;
}

export const kindOf = (name: RoomName): AnyKind | null => byName.get(keyOf(name.kind, name.part)) ?? null;

/** A room name that is well formed and of a known kind, with its kind; null otherwise. */
export function findRoom(room: unknown): { name: RoomName; kind: AnyKind } | null {
  const name = parseRoom(room);
  const kind = name && kindOf(name);
  return name && kind ? { name, kind } : null;
}

/** The room whose state decides the rights of this one. Scratch rooms have none. */
export function governingRoom(room: RoomId, kind: AnyKind): RoomId | null {
  const governing = partOf(room, kind.governedBy);
  const found = findRoom(governing);
  return found?.kind.class === 'log' ? governing : null;
}
