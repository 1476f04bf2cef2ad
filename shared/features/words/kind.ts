import type * as z from 'zod/mini';
import { allow, isAdmin, refuse, type Actor, type Decision } from '../../access/actor.ts';
import { entryRule, makeFold } from '../../access/fold.ts';
import type { CommandRule, LogKind, RuleContext } from '../../access/kind.ts';
import type { SettingsState } from '../customers/settings-schema.ts';
import { mostWords as most, wordsDrop, wordsRule, type WordsRule, type WordsState } from './schema.ts';

type Rule<Schema extends z.ZodMiniType> = CommandRule<WordsState, WordsState, z.infer<Schema>>;

/** There is one such room in a workspace. */
export const wordsRoomId = 'main';

const ruleIn = ({ rules }: WordsState, id: string): WordsRule | undefined =>
  Object.hasOwn(rules, id) ? rules[id] : undefined;

/** Administrators, and who looks after customers of the whole company. */
function mayManage(actor: Actor, { stateOf }: Pick<RuleContext<unknown>, 'stateOf'>): Decision {
  const { serviceAdmins } = stateOf('customers', 'main') as SettingsState;
  const may = !actor.isGuest && !actor.may && (isAdmin(actor) || serviceAdmins?.includes(actor.member));
  return may ? allow : refuse('forbidden', 'only administrators and service administrators keep these');
}

const charactersIn = (words: readonly string[]): number => words.reduce((sum, { length }) => sum + length, 0);

const put: Rule<typeof wordsRule> = {
  schema: wordsRule,
  may(actor, { id, words }, context) {
    const manage = mayManage(actor, context);
    if (!manage.ok) return manage;
    const others = Object.values(context.state.rules).filter((rule) => rule.id !== id);
    if (others.length >= most.rules) return refuse('too-many', `there are at most ${most.rules} rules`);
    const all = [...others.map((rule) => rule.words), words];
    const count = all.reduce((sum, { length }) => sum + length, 0);
    const characters = all.reduce((sum, each) => sum + charactersIn(each), 0);
    return count <= most.words && characters <= most.characters
      ? allow
      : refuse('too-many', `all rules have at most ${most.words} words of ${most.characters} characters`);
  },
  isDone: (_actor, data, { state }) => JSON.stringify(ruleIn(state, data.id)) === JSON.stringify(data),
};

const drop: Rule<typeof wordsDrop> = {
  schema: wordsDrop,
  may: (actor, _data, context) => mayManage(actor, context),
  isDone: (_actor, { id }, { state }) => ruleIn(state, id) === undefined,
};

/** Words that are not to be said to customers, or not without being asked. Everybody has them, so that they hold offline. */
export const wordsKind: LogKind<WordsState> = {
  class: 'log',
  kind: 'words',
  part: null,
  governedBy: null,
  initial: { rules: {} },
  fold: makeFold<WordsState>((state) => ({ ...state }), {
    'words.rule': entryRule(wordsRule, (draft, rule) => {
      draft.rules = { ...draft.rules, [rule.id]: rule };
    }),
    'words.drop': entryRule(wordsDrop, (draft, { id }) => {
      const { [id]: _, ...others } = draft.rules;
      draft.rules = others;
    }),
  }),
  exists: () => true,
  readers: () => 'everyone',
  commands: { 'words.rule': put, 'words.drop': drop },
  facts: {},
  accessEntries: new Set(),
  revoking: {},
  noteworthy: new Set(),
};
