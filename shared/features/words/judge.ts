import type { RuleContext } from '../../access/kind.ts';
import type { Actor } from '../../access/actor.ts';
import { customerOf } from '../../base/guests.ts';
import type { MemberId } from '../../base/ids.ts';
import type { ChatState, MessageFile } from '../chat/schema.ts';
import type { CustomerState } from '../customers/customer-schema.ts';
import { departmentsOf, isWithin, memberOf, type DirectoryState } from '../directory/schema.ts';
import { matcherOf, type Matcher } from './match.ts';
import type { WordsRule, WordsState } from './schema.ts';

type Context = Pick<RuleContext<unknown>, 'room' | 'state' | 'stateOf'>;

/** A rule that a text met, and which of its words are in it, as the rule has them. */
export interface Found {
  readonly rule: WordsRule;
  readonly words: readonly string[];
}

const chatPrefix = 'customer-';

type Writer = Pick<Actor, 'member' | 'isGuest'>;

/** The customer who writes, or whose conversation it is; null for everything else. */
export function customerIn({ member, isGuest }: Writer, { room: { kind, id } }: Context): string | null {
  if (isGuest) return customerOf(member);
  return kind === 'chat' && id.startsWith(chatPrefix) ? id.slice(chatPrefix.length) : null;
}

interface Written {
  readonly text?: string;
  readonly welcome?: string;
  readonly away?: string;
  readonly nameless?: string;
  readonly files?: readonly MessageFile[];
  readonly record?: { readonly items: readonly { readonly text: string }[] };
}

/** Commands with words that customers are to read. */
const toMany = new Set([
  'customers.link',
  'customers.quickReply',
  'reply.add',
  'reply.change',
  'broadcast.words',
]);
const toOne = new Set(['chat.send', 'chat.edit']);

/** What a command would have a customer read, names of files included; empty for most. */
function saidIn({ state, room }: Context, type: string, data: unknown): string[] {
  const isToCustomer = room.kind === 'chat' && Object.keys((state as ChatState).guests ?? {}).length > 0;
  if (!toMany.has(type) && !(toOne.has(type) && isToCustomer)) return [];
  const { text, welcome, away, nameless, files = [], record } = data as Written;
  const names = files.map(({ name }) => name);
  return [text, welcome, away, nameless, ...names, ...(record?.items.map((item) => item.text) ?? [])].filter(
    (each) => each !== undefined && each !== '',
  ) as string[];
}

interface Ready {
  readonly matcher: Matcher;
  /** Of each word of the matcher. */
  readonly words: readonly { readonly rule: WordsRule; readonly word: string }[];
}

/** Made once for each version of the rules. */
const ready = new WeakMap<WordsState['rules'], Ready>();

function readyFor(rules: WordsState['rules']): Ready {
  let known = ready.get(rules);
  if (!known) {
    const words = Object.values(rules).flatMap((rule) => rule.words.map((word) => ({ rule, word })));
    known = { matcher: matcherOf(words.map(({ word }) => word)), words };
    ready.set(rules, known);
  }
  return known;
}

function concerns({ departments }: WordsRule, member: MemberId | null, directory: DirectoryState): boolean {
  if (departments === null) return true;
  const found = member === null ? undefined : memberOf(directory, member);
  if (!found) return false;
  return departmentsOf(found).some((of) => departments.some((id) => isWithin(directory, of, id)));
}

/** Whose rules hold: the writer's; for what a customer writes, those of who has the customer. */
export const ruledBy = ({ member, isGuest }: Writer, { stateOf }: Context): MemberId | null =>
  isGuest ? (stateOf('customer', customerOf(member)) as CustomerState).owner : member;

/** Which rules the words of a command meet; none for most. */
export function wordsFound(actor: Writer, context: Context, type: string, data: unknown): readonly Found[] {
  const said = saidIn(context, type, data);
  if (said.length === 0) return [];
  const { rules } = context.stateOf('words', 'main') as WordsState;
  if (Object.keys(rules).length === 0) return [];
  const { matcher, words } = readyFor(rules);
  const places = new Set(said.flatMap((text) => matcher.find(text)));
  if (places.size === 0) return [];
  const directory = context.stateOf('directory', 'main') as DirectoryState;
  const member = ruledBy(actor, context);
  const found = new Map<WordsRule, string[]>();
  for (const place of [...places].sort((a, b) => a - b)) {
    const { rule, word } = words[place]!;
    const before = found.get(rule);
    if (before) before.push(word);
    else if (concerns(rule, member, directory)) found.set(rule, [word]);
  }
  return [...found].map(([rule, its]) => ({ rule, words: its }));
}

/** The first rule that keeps it from going out; what a customer writes is never held. */
export const heldBy = (actor: Pick<Actor, 'isGuest'>, found: readonly Found[]): Found | undefined =>
  actor.isGuest ? undefined : found.find(({ rule }) => rule.does === 'hold');
