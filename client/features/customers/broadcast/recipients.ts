/* Whom a message to many goes to, of this person's own customers. Pure, so that every case is a line in a test. */
import type { CustomerId, MemberId } from '../../../../shared/base/ids.ts';
import type { CustomerRow } from '../../../data/api.ts';

/** What customers have to be; null and none narrow nothing. */
export interface Narrowed {
  readonly stage: string | null;
  readonly source: string | null;
  /** One of them at least. */
  readonly tags: readonly string[];
}

export const everyone: Narrowed = { stage: null, source: null, tags: [] };

/** Whether there is a conversation in which they get it: their own, or one of who was merged into them. */
export const isReached = ({ state, chats }: Pick<CustomerRow, 'state' | 'chats'>): boolean =>
  state.guest !== null || chats.some((chat) => !chat.state.ended);

/** Own ones whose conversation goes on and who did not say that they want none. `firstStage`: where those are who were never moved. */
export function recipients(
  rows: readonly CustomerRow[],
  me: MemberId,
  { stage, source, tags }: Narrowed,
  firstStage: string,
): readonly CustomerRow[] {
  return rows.filter(
    ({ state, chats }) =>
      state.owner === me &&
      isReached({ state, chats }) &&
      !state.ended &&
      !state.quiet &&
      (stage === null || (state.stage ?? firstStage) === stage) &&
      (source === null || state.source === source) &&
      (tags.length === 0 || tags.some((tag) => state.tags.includes(tag))),
  );
}

/** The sources that there are, each once, in the order of their names. */
export const sourcesOf = (rows: readonly CustomerRow[]): readonly string[] =>
  [...new Set(rows.map(({ state }) => state.source))].filter((source) => source !== '').sort();

/** In parts as long as one command takes. */
export function inParts(ids: readonly CustomerId[], size: number): readonly (readonly CustomerId[])[] {
  const parts: CustomerId[][] = [];
  for (let at = 0; at < ids.length; at += size) parts.push(ids.slice(at, at + size));
  return parts;
}
