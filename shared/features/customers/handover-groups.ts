import type { JobContext, JobFact } from '../../access/kind.ts';
import type { MemberId } from '../../base/ids.ts';
import { mostMembers } from '../chat/group-schema.ts';
import { isIn, ownerOf } from '../chat/membership.ts';
import { groupsOf } from '../chat/places.ts';
import type { ChatState } from '../chat/schema.ts';
import { customerChatId } from './conversation.ts';

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
    const own = this.#read(customerChatId(customer));
    return own ? groupsOf(own).flatMap((id) => this.#passOne(id, to)) : [];
  }

  #read(id: string): ChatState | null {
    return this.#context.read({ kind: 'chat', id, part: null }) as ChatState | null;
  }

  #passOne(id: string, to: MemberId): JobFact[] {
    const group = this.#read(id);
    if (!group?.created || group.dissolved || !isIn(group, this.#from)) return [];
    const isNew = !isIn(group, to);
    if (isNew && Object.keys(group.members).length + this.#said.size >= mostMembers) return [];
    const say = (type: string, data: unknown): JobFact => ({
      ...{ room: { kind: 'chat', id, part: null }, by: this.#by, type, data },
    });
    const facts: JobFact[] = [];
    if (isNew && this.#isFirst(`${id} ${to}`)) facts.push(say('chat.addMembers', { members: [to] }));
    if (ownerOf(group) === this.#from && this.#isFirst(id)) facts.push(say('chat.transfer', { member: to }));
    return facts;
  }

  #isFirst(what: string): boolean {
    if (this.#said.has(what)) return false;
    this.#said.add(what);
    return true;
  }
}
