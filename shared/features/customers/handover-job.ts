import type { Job, JobContext, JobFact } from '../../access/kind.ts';
import { factPrefix, type CommandId, type CustomerId, type MemberId } from '../../base/ids.ts';
import type { DirectoryState } from '../directory/schema.ts';
import { most as mostPersonal, type TodosState } from '../personal/schema.ts';
import { customerChatId } from './conversation.ts';
import type { CustomerState } from './customer-schema.ts';
import { Groups } from './handover-groups.ts';
import { moveLinks, returnLinks } from './handover-links.ts';
import type { HandoverState, Left, Moved } from './handover-schema.ts';
import { filledHandover, handoverWords } from './handover-words.ts';
import type { SettingsState } from './settings-schema.ts';

/*
 * What the relay does for a handover. Each customer is looked at in the moment in which they are moved: so nobody is
 * given away who became somebody else's meanwhile, and one who goes over has gone with all that was there.
 */

/** Customers whom one entry names of those who are found. */
const foundAtOnce = 250;

const room = (kind: string, id: string, part: string | null = null) => ({ kind, id, part });

const fileOf = (context: JobContext, customer: string): CustomerState | null =>
  context.read(room('customer', customer)) as CustomerState | null;

interface Telling {
  readonly customer: string;
  readonly file: CustomerState;
  readonly from: MemberId;
  readonly to: MemberId;
  /** Of the message, behind that of the handover. */
  readonly id: string;
}

/** What a customer reads when somebody else answers from now on; nothing where there is nobody to read it. */
function told(
  { words }: HandoverState,
  { read, nameOf, room: own }: JobContext,
  { customer, file, from, to, id }: Telling,
): JobFact[] {
  if (file.ended !== null || file.guest === null) return [];
  const settings = read(room('customers', 'main')) as SettingsState | null;
  const company = (read(room('directory', 'main')) as DirectoryState | null)?.name ?? '';
  const text = words ?? (settings?.texts.handover || handoverWords[file.language]);
  const said = filledHandover(text, { company, from: nameOf(from), to: nameOf(to) });
  if (!/\S/.test(said)) return [];
  return [
    {
      ...{ room: room('chat', customerChatId(customer)), type: 'chat.send', by: to, data: { text: said } },
      id: `${factPrefix}${own.id}-${id}` as CommandId,
    },
  ];
}

/** Open to-dos that were made from what was said in these conversations go to whoever answers there now. */
class Todos {
  readonly #context: JobContext;
  readonly #states = new Map<MemberId, TodosState | null>();
  readonly #added = new Map<MemberId, number>();

  constructor(context: JobContext) {
    this.#context = context;
  }

  #of(member: MemberId): TodosState | null {
    if (!this.#states.has(member))
      this.#states.set(member, this.#context.read(room('personal', member, 'todos')) as TodosState | null);
    return this.#states.get(member)!;
  }

  open(member: MemberId, customer: string): string[] {
    const chat = customerChatId(customer);
    return Object.values(this.#of(member)?.items ?? {})
      .filter(({ done, source }) => done === null && source?.chat === chat)
      .map(({ id }) => id);
  }

  move(ids: readonly string[], from: MemberId, to: MemberId): { moved: string[]; facts: JobFact[] } {
    const items = this.#of(from)?.items ?? {};
    const taking = this.#of(to);
    if (!taking) return { moved: [], facts: [] };
    const free = mostPersonal.todos - Object.keys(taking.items).length - (this.#added.get(to) ?? 0);
    const going = ids
      .flatMap((id) => (Object.hasOwn(items, id) && items[id]!.done === null ? [items[id]!] : []))
      .slice(0, Math.max(0, Math.min(free, 200)));
    if (going.length === 0) return { moved: [], facts: [] };
    this.#added.set(to, (this.#added.get(to) ?? 0) + going.length);
    const moved = going.map(({ id }) => id);
    return {
      moved,
      facts: [
        ...going.map(({ id, text, due, source }) => ({
          ...{ room: room('personal', to, 'todos'), by: to, type: 'todo.add' },
          data: { id, text, due, ...(source ? { source } : {}) },
        })),
        {
          ...{ room: room('personal', from, 'todos'), by: from, type: 'todo.remove' },
          data: { ids: moved },
        },
      ],
    };
  }
}

/** Who takes the next one; null when all of them have left. */
function receiver(
  { to, rule, loads }: HandoverState,
  { isActiveMember }: JobContext,
  given: ReadonlyMap<MemberId, number>,
): MemberId | null {
  const active = to.filter(isActiveMember);
  const countOf = (member: MemberId): number =>
    (given.get(member) ?? 0) + (rule === 'load' ? (loads[member] ?? 0) : 0);
  return active.reduce<MemberId | null>(
    (best, member) => (best === null || countOf(member) < countOf(best) ? member : best),
    null,
  );
}

function move(state: HandoverState, context: JobContext): readonly JobFact[] {
  const { from, keep, begun } = state;
  const given = new Map<MemberId, number>();
  for (const { to } of state.moved) given.set(to, (given.get(to) ?? 0) + 1);
  const todos = new Todos(context);
  const groups = new Groups(context, from, begun!.by);
  const facts: JobFact[] = [];
  const moved: Moved[] = [];
  const left: Left[] = [];
  const first = state.done;
  for (const [i, customer] of state.customers.slice(first, first + context.most).entries()) {
    const file = fileOf(context, customer);
    const to = receiver(state, context, given);
    if (file === null) left.push({ customer, why: 'damaged' });
    // Who was merged into another goes with that one.
    else if (!file.begun || file.importing || file.owner !== from || file.into !== undefined)
      left.push({ customer, why: 'not-theirs' });
    else if (to === null) left.push({ customer, why: 'nobody' });
    else {
      given.set(to, (given.get(to) ?? 0) + 1);
      const stays = keep && context.isActiveMember(from) ? [from] : [];
      const helpers = [...file.helpers.filter((each) => each !== to && each !== from), ...stays];
      const going = todos.move(todos.open(from, customer), from, to);
      moved.push({
        ...{ customer, to },
        ...(file.helpers.includes(to) ? { helped: true as const } : {}),
        ...(going.moved.length > 0 ? { todos: going.moved } : {}),
      });
      facts.push(
        {
          ...{ room: room('customer', customer), by: begun!.by, type: 'customer.assign' },
          data: { owner: to, helpers, handover: { id: context.room.id } },
        },
        ...told(state, context, { customer, file, from, to, id: String(first + i) }),
        ...groups.pass(customer, to),
        ...going.facts,
      );
    }
  }
  return [...facts, { type: 'handover.moved', by: begun!.by, data: { moved, left } }];
}

/** Gives back what nobody has given on since. */
function giveBack(state: HandoverState, context: JobContext): readonly JobFact[] {
  const { from, undo } = state;
  const todos = new Todos(context);
  const facts: JobFact[] = [];
  const back: string[] = [];
  const left: Left[] = [];
  const first = undo!.done;
  for (const [i, each] of state.moved.slice(first, first + context.most).entries()) {
    const { customer, to } = each;
    const file = fileOf(context, customer);
    if (file === null) left.push({ customer, why: 'damaged' });
    // Who was merged into another since stays with that one.
    else if (file.owner !== to || file.handed?.id !== context.room.id || file.into !== undefined)
      left.push({ customer, why: 'changed' });
    else if (!context.isActiveMember(from)) left.push({ customer, why: 'nobody' });
    else {
      const helped = each.helped && context.isActiveMember(to) ? [to] : [];
      const helpers = [...file.helpers.filter((member) => member !== from && member !== to), ...helped];
      back.push(customer);
      facts.push(
        {
          ...{ room: room('customer', customer), by: undo!.by, type: 'customer.assign' },
          data: { owner: from, helpers, handover: { id: context.room.id, undo: true } },
        },
        ...told(state, context, { customer, file, from: to, to: from, id: `back${first + i}` }),
        ...todos.move(each.todos ?? [], to, from).facts,
      );
    }
  }
  const links = first === 0 ? returnLinks(state, context) : [];
  return [...links, ...facts, { type: 'handover.undone', by: undo!.by, data: { back, left } }];
}

function find(state: HandoverState, context: JobContext): JobFact[] {
  const { from, customers, isAll, to, rule, begun } = state;
  const last = (customers.at(-1) as CustomerId | undefined) ?? null;
  const some = isAll ? context.customersOf(from, last, foundAtOnce) : [];
  const loads = (): Record<string, number> =>
    rule === 'load' ? Object.fromEntries(to.map((member) => [member, context.loadOf(member)])) : {};
  const isLast = some.length < foundAtOnce;
  const data = { customers: some, ...(isLast ? { loads: loads() } : {}) };
  const links = isLast && state.withLinks ? moveLinks(state, context) : [];
  return [...links, { type: 'handover.found', by: begun!.by, data }];
}

export const handoverJob: Job<HandoverState> = {
  isOpen: ({ begun, over, undo }) => begun !== null && (undo ? undo.over === null : over === null),
  next(state, context) {
    if (state.undo) return giveBack(state, context);
    return state.isFound ? move(state, context) : find(state, context);
  },
};
