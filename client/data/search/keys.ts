/* Tokens of the index: a letter says of what, then the word or the value itself. */
import type { MemberId } from '../../../shared/base/ids.ts';
import { fold } from './fold.ts';
import { tokensOf } from './words.ts';

/** What one looks for. */
export type FoundKind = 'message' | 'file' | 'doc';

/** Words of messages, of names of files, of docs. */
export const field: Readonly<Record<FoundKind, string>> = { message: 't', file: 'f', doc: 'd' };
export const kindKey = (kind: FoundKind): string => `k${kind}`;
export const personKey = (member: MemberId): string => `p${member}`;
export const roomKey = (room: number): string => `r${room}`;

type Tell = (token: string, turn: number) => void;

export function tellTokens(kind: FoundKind, text: string, tell: Tell): void {
  const letter = field[kind];
  tokensOf(fold(text), (token, turn) => tell(letter + token, turn));
}
