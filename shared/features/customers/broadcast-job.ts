import type { Job, JobContext, JobFact } from '../../access/kind.ts';
import { factPrefix, type CommandId, type CustomerId, type MemberId } from '../../base/ids.ts';
import type { ChatState } from '../chat/schema.ts';
import type { DirectoryState } from '../directory/schema.ts';
import {
  waiting,
  type BroadcastListState,
  type BroadcastState,
  type Letter,
  type OwnerPart,
} from './broadcast-schema.ts';
import { filledBroadcast, isAsked, isOver, linkOf, messageIdOf } from './broadcast-state.ts';
import { customerChatId } from './conversation.ts';
import type { CustomerState } from './customer-schema.ts';
import { nextOfficeTime } from './hours.ts';
import { mayLead } from './line.ts';
import { broadcastsOf, type SettingsState } from './settings-schema.ts';

const hour = 3_600_000;
const day = 24 * hour;
/** The card of a link is waited for so long. Milliseconds. */
const cardPatience = 20_000;
/** Places of the list that one portion looks over for some whose turn it is. */
const widest = 4_000;

/** What the job reads, each once in a portion. */
interface Reading {
  readonly context: JobContext;
  readonly settings: SettingsState;
  readonly directory: DirectoryState;
  file(customer: CustomerId): CustomerState | null;
  chat(customer: CustomerId): ChatState | null;
  /** Whether the maker may have something said as this person. */
  mayWriteFor(owner: MemberId): boolean;
}

function readingOf(context: JobContext, maker: MemberId): Reading {
  const room = (kind: string, id: string): unknown => context.read({ kind, id, part: null });
  const settings = room('customers', 'main') as SettingsState;
  const directory = room('directory', 'main') as DirectoryState;
  const found = directory.members[maker];
  const actor = { member: maker, role: found?.role ?? 'member', active: found?.leftAt === null } as const;
  const known = new Map<MemberId, boolean>();
  return {
    context,
    settings,
    directory,
    file: (customer) => room('customer', customer) as CustomerState | null,
    chat: (customer) => room('chat', customerChatId(customer)) as ChatState | null,
    mayWriteFor(owner) {
      let may = known.get(owner);
      if (may === undefined) {
        const isOwn = owner === maker;
        may =
          actor.active &&
          context.isActiveMember(owner) &&
          (isOwn || mayLead(directory, settings, actor, owner));
        known.set(owner, may);
      }
      return may;
    },
  };
}

/** Whether they want no messages to many, as said in any of the conversations that are with them. */
const isQuiet = (reading: Reading, { quiet, merged }: CustomerState): boolean =>
  [quiet, ...Object.keys(merged ?? {}).map((id) => reading.file(id as CustomerId)?.quiet)].some(Boolean);

/** All conversations with them: the own one first, then those of who was merged into them. */
function conversationsOf(
  reading: Reading,
  customer: CustomerId,
): readonly { readonly id: CustomerId; readonly chat: ChatState; readonly goesOn: boolean }[] {
  const { merged, owner } = reading.file(customer)!;
  return [customer, ...(Object.keys(merged ?? {}) as CustomerId[])].flatMap((id) => {
    const file = reading.file(id);
    if (file === null || file.guest === null) return [];
    const chat = reading.chat(id);
    // A part that does not say yet what follows from the whole is written to when it does.
    return chat === null ? [] : [{ id, chat, goesOn: !file.ended && file.owner === owner }];
  });
}

/** Why nothing goes to this customer, whoever writes; null when it may. What does not exist and what is foreign are alike. */
function hindrance(reading: Reading, customer: CustomerId): Letter | null {
  const file = reading.file(customer);
  if (file === null) return 'b';
  // Who is a part of another customer is reached as that one.
  if (!file.begun || file.owner === null || file.into !== undefined) return 'f';
  if (!reading.mayWriteFor(file.owner)) return 'f';
  if (file.ended) return 'e';
  if (isQuiet(reading, file)) return 'q';
  const isReached = file.guest !== null || conversationsOf(reading, customer).some(({ goesOn }) => goesOn);
  return isReached ? null : 'a';
}

function find(state: BroadcastState, list: BroadcastListState, reading: Reading): readonly JobFact[] {
  const { context, settings } = reading;
  const by = state.begun!.by;
  const portion = list.customers.slice(list.owners.length, list.owners.length + context.most);
  const owners = state.owners.map(({ member }) => member);
  const added = new Map<MemberId, number>();
  const skipped = new Map<Letter, number>();
  const found = portion.map((customer): { owner: number; outcome: string } => {
    const letter = hindrance(reading, customer);
    if (letter !== null) {
      skipped.set(letter, (skipped.get(letter) ?? 0) + 1);
      return { owner: -1, outcome: letter };
    }
    const owner = reading.file(customer)!.owner!;
    if (!owners.includes(owner)) owners.push(owner);
    added.set(owner, (added.get(owner) ?? 0) + 1);
    return { owner: owners.indexOf(owner), outcome: waiting };
  });
  return [
    {
      room: { ...context.room, part: 'list' },
      by,
      type: 'list.found',
      data: {
        owners: found.map(({ owner }) => owner),
        outcomes: found.map(({ outcome }) => outcome).join(''),
      },
    },
    ...owners.slice(state.owners.length).map((member) => ({ by, type: 'broadcast.owner', data: { member } })),
    {
      by,
      type: 'broadcast.found',
      data: {
        looked: portion.length,
        owners: [...added].map(([member, customers]) => ({ member, customers })),
        skipped: [...skipped].map(([outcome, customers]) => ({ outcome, customers })),
        approval: broadcastsOf(settings).approval,
      },
    },
  ];
}

/** What becomes of a customer whose turn it is. */
function outcomeOf(
  { context, settings, ...reading }: Reading,
  broadcast: string,
  part: OwnerPart,
  customer: CustomerId,
): Letter {
  if (part.answer === 'declined' || part.without.includes(customer)) return 'd';
  const hindered = hindrance({ context, settings, ...reading }, customer);
  if (hindered !== null) return hindered === 'f' ? 'm' : hindered;
  if (reading.file(customer)!.owner !== part.member) return 'm';
  const all = conversationsOf({ context, settings, ...reading }, customer);
  if (!all.some(({ goesOn }) => goesOn)) return 'b';
  const before = all.flatMap(({ chat }) => chat.broadcasts ?? []);
  // It was said already: a relay that was restored has forgotten that it counted so.
  if (before.some(({ id }) => id === broadcast)) return 's';
  const { most, days } = broadcastsOf(settings).perCustomer;
  return before.filter(({ at }) => at > context.at - days * day).length < most ? 's' : 'c';
}

/** What has to belong to a conversation in which they are shown. */
const filesOf = ({ files, card }: BroadcastState): readonly string[] => [
  ...files.flatMap(({ hash, small }) => (small === undefined ? [hash] : [hash, small])),
  ...(card?.picture ? [card.picture.hash] : []),
];

/** Until when the card of its link is waited for, so that all customers get the same; null when it need not be. */
function waitsForCard(state: BroadcastState, { directory, context }: Reading): number | null {
  if (linkOf(state) === null || state.card !== undefined || directory.linkCards === false) return null;
  const until = state.submitted!.at + cardPatience;
  return until > context.at ? until : null;
}

function messageTo(
  state: BroadcastState,
  reading: Reading,
  owner: MemberId,
  customer: CustomerId,
): readonly JobFact[] {
  const { context, directory } = reading;
  const broadcast = context.room.id;
  const all = conversationsOf(reading, customer);
  if (all.some(({ chat }) => chat.broadcasts?.some(({ id }) => id === broadcast))) return [];
  const there = all.find(({ goesOn }) => goesOn)!.id;
  const text = filledBroadcast(state.text, {
    name: reading.file(customer)!.name || reading.file(there)!.name || state.nameless,
    company: directory.name,
    person: context.nameOf(owner),
  });
  const files = state.files.length > 0 ? { files: state.files } : {};
  const card = state.card ? { card: state.card } : {};
  return [
    {
      room: { kind: 'chat', id: customerChatId(there), part: null },
      by: owner,
      id: (factPrefix + messageIdOf(broadcast, customer)) as CommandId,
      type: 'chat.send',
      data: { text, ...files, ...card, broadcast },
      files: filesOf(state),
    },
  ];
}

function send(
  state: BroadcastState,
  list: BroadcastListState,
  reading: Reading,
): ReturnType<typeof broadcastJob.next> {
  const { context } = reading;
  // Nobody waits for the word of who has left.
  const isOpen = state.owners.map(({ member }) => !isAsked(state, member) || !context.isActiveMember(member));
  const isTurn = (place: number): boolean =>
    list.outcomes[place] === waiting && isOpen[list.owners[place]!] === true;
  let from = list.outcomes.indexOf(waiting);
  while (from >= 0 && !isTurn(from)) from = list.outcomes.indexOf(waiting, from + 1);
  if (from < 0) return { until: context.at + hour };
  const facts: JobFact[] = [];
  const tally = new Map<string, { owner: number; outcome: Letter; customers: number }>();
  let outcomes = '';
  let done = 0;
  for (let place = from; place < list.outcomes.length && place < from + widest; place++) {
    if (done === context.most) break;
    if (!isTurn(place)) {
      outcomes += waiting;
      continue;
    }
    done++;
    const owner = list.owners[place]!;
    const part = state.owners[owner]!;
    const customer = list.customers[place]!;
    const outcome = outcomeOf(reading, context.room.id, part, customer);
    if (outcome === 's') facts.push(...messageTo(state, reading, part.member, customer));
    outcomes += outcome;
    const key = `${owner} ${outcome}`;
    tally.set(key, { owner, outcome, customers: (tally.get(key)?.customers ?? 0) + 1 });
  }
  const by = state.begun!.by;
  return [
    ...facts,
    { room: { ...context.room, part: 'list' }, by, type: 'list.sent', data: { from, outcomes } },
    { by, type: 'broadcast.sent', data: { tally: [...tally.values()] } },
  ];
}

/**
 * First all customers are looked up, so that their owners can be asked; then messages go out, by the state of each
 * customer at that moment. What is said and that it was said are one commit, and each message has one id that cannot be
 * another one: so nobody gets it twice, whatever happens on the way.
 */
export const broadcastJob: Job<BroadcastState> = {
  isOpen: (state) => state.submitted !== null && !isOver(state),
  next(state, context) {
    const { submitted, begun } = state;
    const list = context.read({ ...context.room, part: 'list' }) as BroadcastListState | null;
    if (!submitted || !begun || list === null) return null;
    const halt = (why: 'lost' | 'left'): readonly JobFact[] => [
      { by: begun.by, type: 'broadcast.halt', data: { why } },
    ];
    if (!context.isActiveMember(begun.by)) return halt('left');
    if (list.customers.length !== submitted.customers || list.owners.length !== state.looked)
      return halt('lost');
    const reading = readingOf(context, begun.by);
    if (state.looked < submitted.customers) return find(state, list, reading);
    const due = nextOfficeTime(submitted.hours, Math.max(context.at, submitted.from ?? 0));
    if (due === null) return null;
    if (due > context.at) return { until: due };
    const until = waitsForCard(state, reading);
    return until === null ? send(state, list, reading) : { until };
  },
};
