import type { CommandId, MemberId } from '../base/ids.ts';

export type PushLanguage = 'en' | 'zh';

/**
 * What the relay tells a browser of a message while no page may be open, as JSON in an encrypted push message. It holds
 * no more than a notification shows; what was not to be shown is not in it.
 */
export interface PushedNotice {
  /** Whom it is for: a browser in which somebody else signed in meanwhile shows nothing. */
  readonly member: MemberId;
  /** The id of the conversation, and of the message and its place in it. */
  readonly chat: string;
  readonly id: CommandId;
  readonly seq: number;
  /** When it was said, or asked to be confirmed. Milliseconds since 1970. */
  readonly at: number;
  /** Who said it. */
  readonly by: string;
  /** What the group is called; null with one other person. */
  readonly group: string | null;
  /** The first words; null where the person wants none shown. */
  readonly text: string | null;
  /** What it is beside or instead of words. */
  readonly is?: 'files' | 'voice' | 'record' | 'announcement';
  readonly urgent?: true;
  readonly silent?: true;
  /** Messages it stands for. */
  readonly count: number;
  readonly language: PushLanguage;
  /** Conversations that were read elsewhere up to there: what is shown of them goes. */
  readonly read: readonly (readonly [chat: string, upTo: number])[];
}
