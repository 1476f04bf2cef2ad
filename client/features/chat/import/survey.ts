/* Reads all of a source once, so that whoever imports sees what comes and what cannot, before anything does. */
import type { WorkspaceData } from '../../../data/api.ts';
import { partsOf } from './message.ts';
import { importedChatId, type ImportOutcome } from './run.ts';
import type { Source, SourceChannel, SourceProblem } from './source.ts';

/** Problems that are listed; all are counted. */
const mostListed = 500;
/** Groups that one conversation is looked for in: each given up, and begun again in another. */
const mostAgain = 20;

export interface Surveyed {
  readonly channel: SourceChannel;
  /** As many as will be here. */
  readonly messages: number;
  readonly files: number;
  /** When the first and the last was said. Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly problems: number;
}

/** What became of one of them. */
export interface Result {
  readonly surveyed: Surveyed;
  readonly outcome: ImportOutcome;
}

export interface Survey {
  readonly channels: readonly Surveyed[];
  /** The first of them. */
  readonly problems: readonly SourceProblem[];
}

/** Rejects with an `AbortError` when `signal` says stop. */
export async function survey(
  source: Source,
  signal: AbortSignal,
  onprogress: (done: number) => void,
): Promise<Survey> {
  const channels: Surveyed[] = [];
  const problems: SourceProblem[] = [];
  for (const channel of source.channels) {
    onprogress(channels.length);
    let found = 0;
    let [messages, files, from, to] = [0, 0, 0, 0];
    const wrong = (problem: SourceProblem): void => {
      found += 1;
      if (problems.length < mostListed) problems.push(problem);
    };
    for await (const piece of channel.messages(wrong)) {
      signal.throwIfAborted();
      for (const message of piece) {
        from = messages === 0 ? message.at : Math.min(from, message.at);
        to = Math.max(to, message.at);
        files += message.files.length;
        messages += partsOf(message).length;
      }
      // Lets the page draw and the cancel button answer.
      await new Promise((resolve) => setTimeout(resolve));
    }
    channels.push({ channel, messages, files, from, to, problems: found });
  }
  return { channels, problems };
}

/** How far a conversation has come here already. */
export type Here =
  | { readonly kind: 'new'; readonly again: number }
  | { readonly kind: 'begun'; readonly again: number; readonly messages: number }
  | { readonly kind: 'here'; readonly chat: string };

export async function whatIsHere(data: WorkspaceData, source: Source['kind'], key: string): Promise<Here> {
  for (let again = 1; ; again++) {
    const chat = await importedChatId(source, key, again);
    const state = data.chat(chat)?.state;
    if (!state || again === mostAgain) return { kind: 'new', again };
    if (state.dissolved) continue;
    const { imports } = state;
    if (imports && !imports.done) return { kind: 'begun', again, messages: imports.count };
    return { kind: 'here', chat };
  }
}
