import type { ZodMiniType } from 'zod/mini';
import type { LogEntry } from './kind.ts';

/** How one type of entry changes a draft. The draft is a copy: change it in place. */
export interface EntryRule<Draft> {
  readonly schema: ZodMiniType;
  apply(draft: Draft, data: never, entry: LogEntry): void;
}

export const entryRule = <Draft, Data>(
  schema: ZodMiniType<Data>,
  apply: (draft: Draft, data: Data, entry: LogEntry) => void,
): EntryRule<Draft> => ({ schema, apply });

/**
 * Makes a pure fold from rules by entry type. The state is copied once per call, so folding n entries at once costs n
 * and not n times the state. Entries of unknown type or shape change nothing: newer relays may write them.
 */
export function makeFold<State>(
  copy: (state: State) => State,
  rules: Readonly<Record<string, EntryRule<State>>>,
): (state: State, entries: readonly LogEntry[]) => State {
  return (state, entries) => {
    let draft: State | null = null;
    for (const entry of entries) {
      if (!Object.hasOwn(rules, entry.type)) continue;
      const rule = rules[entry.type]!;
      const parsed = rule.schema.safeParse(entry.data);
      if (!parsed.success) continue;
      draft ??= copy(state);
      rule.apply(draft, parsed.data as never, entry);
    }
    return draft ?? state;
  };
}
