import type * as z from 'zod/mini';
import { allow, refuse, type Actor } from '../../access/actor.ts';
import { entryRule, makeFold } from '../../access/fold.ts';
import type { CommandRule, LogKind } from '../../access/kind.ts';
import { failure, type Failure } from '../../base/errors.ts';
import type { MemberId } from '../../base/ids.ts';
import { err, ok, type Result } from '../../base/result.ts';
import { chatAsk, chatMember, mostMembers, type JoinsState } from './group-schema.ts';
import { isIn, mayManage, ownerOf, settingsOf } from './membership.ts';
import type { ChatState } from './schema.ts';

/** What the link to a group does for somebody: they are in it, come in by it, or ask to be let in. */
export type Joining = 'in' | 'joins' | 'asks';

/**
 * What following the link does. Whoever was taken out asks, whatever the link does for others. A wrong key is answered
 * like a group that is not there.
 */
export function joining(actor: Actor, state: ChatState, key: string): Result<Joining, Failure> {
  if (!actor.active) return err(failure('forbidden', 'no longer a member of this workspace'));
  if (!state.created || state.type !== 'group' || state.link === undefined || state.link !== key)
    return err(failure('link-invalid', 'no such link'));
  if (state.dissolved) return err(failure('group-dissolved', 'the group was dissolved'));
  if (isIn(state, actor.member)) return ok('in');
  if (Object.keys(state.members).length >= mostMembers)
    return err(failure('too-many', `a group has at most ${mostMembers} members`));
  const { adds, link } = settingsOf(state);
  const wasTakenOut = state.takenOut !== undefined && Object.hasOwn(state.takenOut, actor.member);
  return ok(link === 'joins' && adds === 'everybody' && !wasTakenOut ? 'joins' : 'asks');
}

/** Takes a request off the list. Who is let in is added to the group before. */
const answer: CommandRule<JoinsState, ChatState, z.infer<typeof chatMember>> = {
  schema: chatMember,
  may(actor, { member }, context) {
    const manage = mayManage(actor, context);
    if (!manage.ok || Object.hasOwn(context.state.requests, member)) return manage;
    return isIn(context.governing, member) ? allow : refuse('not-found', 'this request was answered');
  },
  isDone: (_actor, { member }, { state }) => !Object.hasOwn(state.requests, member),
};

function managers(state: ChatState): MemberId[] {
  const owner = ownerOf(state);
  return (Object.keys(state.members) as MemberId[]).filter(
    (member) => member === owner || state.members[member]!.admin,
  );
}

/** Who asks to be let into a group. The relay writes it down for whoever followed the link. */
export const chatJoinsKind: LogKind<JoinsState, ChatState> = {
  class: 'log',
  kind: 'chat',
  part: 'joins',
  governedBy: null,
  initial: { requests: {} },
  fold: makeFold<JoinsState>(({ requests }) => ({ requests: { ...requests } }), {
    'chat.ask': entryRule(chatAsk, (draft, _data, { by, at }) => {
      draft.requests = { ...draft.requests, [by]: { at } };
    }),
    'chat.answer': entryRule(chatMember, (draft, { member }) => {
      const { [member]: _, ...others } = draft.requests;
      draft.requests = others;
    }),
  }),
  exists: (chat) => chat.created !== null && chat.type === 'group',
  readers: managers,
  commands: { 'chat.answer': answer },
  facts: { 'chat.ask': chatAsk },
  accessEntries: new Set(),
  revoking: {},
  noteworthy: new Set(),
};

/** Who asks and has not come in another way meanwhile, the longest waiting first. */
export const openRequests = ({ requests }: JoinsState, group: ChatState): MemberId[] =>
  (Object.keys(requests) as MemberId[])
    .filter((member) => !isIn(group, member))
    .sort((a, b) => requests[a]!.at - requests[b]!.at || (a < b ? -1 : 1));
