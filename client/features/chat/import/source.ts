/* What an import reads, whatever program it came from: people, and conversations with their messages in order. */
import type { ChatImport } from '../../../../shared/features/chat/messages.ts';

export interface SourcePerson {
  /** As messages name them; of no meaning elsewhere. */
  readonly key: string;
  readonly name: string;
  /** Empty where it is not known. */
  readonly email: string;
}

export interface SourceFile {
  readonly name: string;
  /** Empty where nobody knows. */
  readonly type: string;
  /** Its bytes; null where the file does not have them. */
  read(): Promise<Blob | null>;
  /** Where it was, for people to follow. */
  readonly address: string | null;
  readonly shape: Partial<
    Pick<NonNullable<ChatImport['files']>[number], 'width' | 'height' | 'duration' | 'wave'>
  >;
}

export interface SourceMessage {
  /** Names it within its conversation. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** A key of a person, or of nobody who is listed: then `name` says who. */
  readonly by: string;
  readonly name: string;
  readonly text: string;
  /** Keys of people whose names stand in the text with @. */
  readonly mentions: readonly string[];
  /** The id of the message it answers. */
  readonly replyTo: string | null;
  readonly files: readonly SourceFile[];
  readonly reactions: readonly { readonly emoji: string; readonly by: readonly string[] }[];
  /** What it said before, the first first. */
  readonly versions: readonly { readonly at: number; readonly text: string }[];
  /** When it came to say what it says. */
  readonly edited: number | null;
  readonly recalled: boolean;
  readonly forwarded: string | null;
  readonly record: {
    readonly title: string;
    readonly items: readonly { readonly by: string; readonly at: number; readonly text: string }[];
  } | null;
}

/** Something in the file that is no message as it should be. */
export interface SourceProblem {
  /** In which file of the archive. */
  readonly file: string;
  /** Which of them there, from 1; null: all of it. */
  readonly row: number | null;
  readonly problem: 'not-readable' | 'no-time' | 'no-author' | 'twice' | 'empty';
}

/** What somebody is called here, by their key; null: as there. */
export type Called = (person: string) => string | null;

export interface SourceChannel {
  /** Names it within the source, the same in every export of it. */
  readonly key: string;
  readonly title: string;
  readonly kind: 'open' | 'closed' | 'direct';
  /** Keys of the people in it. */
  readonly members: readonly string[];
  /** Everything in order, one piece after the other. What is wrong goes to `problem` and is left out. */
  messages(
    problem: (found: SourceProblem) => void,
    called?: Called,
  ): AsyncGenerator<readonly SourceMessage[]>;
}

export interface Source {
  readonly kind: 'slack' | 'weft';
  readonly people: readonly SourcePerson[];
  readonly channels: readonly SourceChannel[];
}
