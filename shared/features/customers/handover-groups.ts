import type { JobContext, JobFact } from '../../access/kind.ts';
import type { MemberId } from '../../base/ids.ts';
import type { ChatState } from '../chat/schema.ts';
import { customerChatId } from './conversation.ts';

const isIn = ({ members }: ChatState, member: MemberId): boolean => Object.hasOwn(members, member);

/** Whoever gets customers comes into the groups that those are in with the giver, and gets those that were the giver's. */
export class Groups {
  readonly #context: JobContext;
  readonly #from: MemberId;
  readonly #by: MemberId;
  /** What this portion says already, which the states do not show. */
  readonly #said = new Set<string>();

  constructor(context: JobContext, from: MemberId, by: MemberId) {
    this.#context = context;
    this.#from = from;
    this.#by = by;
  }

  pass(customer: string, to: MemberId): JobFact[] {
    const groups = Object.entries(this.#read(customerChatId(customer))?.groups ?? {});
    return groups.flatMap(([id, { is }]) => (is === 'out' ? [] : this.#passOne(id, to)));
  }

  #read(id: string): ChatState | null {
    return this.#context.read({ kind: 'chat', id, part: null }) as ChatState | null;
  }

  #passOne(id: string, to: MemberId): JobFact[] {
    const group = this.#read(id);
    if (!group?.created || group.dissolved || !isIn(group, this.#from)) return [];
    const say = (type: string, data: unknown): JobFact => ({
      ...{ room: { kind: 'chat', id, part: null }, by: this.#by, type, data },
    });
    const owner = group.owner ?? group.created.by;
    const facts: JobFact[] = [];
    if (!isIn(group, to) && this.#isFirst(`${id} ${to}`))
      facts.push(say('chat.addMembers', { members: [to] }));
    if (owner === this.#from && this.#isFirst(id)) facts.push(say('chat.transfer', { member: to }));
    return facts;
  }

  #isFirst(what: string): boolean {
    if (this.#said.has(what)) return false;
    this.#said.add(what);
    return true;
  }
}
