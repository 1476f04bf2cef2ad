import type * as z from 'zod/mini';
import { allow, refuse } from '../../access/actor.ts';
import { entryRule } from '../../access/fold.ts';
import type { CommandRule, EntryTarget } from '../../access/kind.ts';
import { filesInShort } from './attachment.ts';
import { chatImported, mostMembers } from './group-schema.ts';
import { letIn } from './group.ts';
import { isIn, mayImport } from './membership.ts';
import { chatImport, previewLength, type ChatImport } from './messages.ts';
import type { ChatState } from './schema.ts';

/*
 * What was said elsewhere. It is signed by the administrator who brings it, and says itself who said it and when; nothing
 * of it counts as said by a member. It goes into a group made for it, which nobody else is in before all of it is there.
 */

type Rule<Schema extends z.ZodMiniType> = CommandRule<ChatState, ChatState, z.infer<Schema>>;

/** The thread that a message which is answered belongs to; undefined where it begins one. */
const threadOf = (data: unknown): EntryTarget | undefined => {
  const parsed = chatImport.safeParse(data);
  return parsed.success ? parsed.data.thread : undefined;
};

const bring: Rule<typeof chatImport> = {
  schema: chatImport,
  may(actor, { reply, imported }, { state, entry }) {
    const decision = mayImport(actor, state);
    if (!decision.ok) return decision;
    // One of them was refused: what follows must not close the gap.
    if (imported.n !== state.imports?.count)
      return refuse('import-incomplete', `message ${state.imports?.count} of the import comes next`);
    const answered = reply && entry(reply);
    return answered === null || (answered && answered.type !== 'chat.import')
      ? refuse('message-not-found', 'no such message in this import')
      : allow;
  },
  complete({ thread: _, ...said }, { entry }) {
    if (!said.reply) return said;
    const answered = entry(said.reply);
    const reply = answered ? { seq: answered.seq, id: answered.id } : said.reply;
    return { ...said, reply, thread: (answered && threadOf(answered.data)) ?? reply };
  },
};

const finish: Rule<typeof chatImported> = {
  schema: chatImported,
  may(actor, { members }, { state, isActiveMember }) {
    const decision = mayImport(actor, state);
    if (!decision.ok) return decision;
    for (const member of members)
      if (!isActiveMember(member)) return refuse('member-not-found', 'no such member');
    const more = new Set(members.filter((member) => !isIn(state, member)));
    return Object.keys(state.members).length + more.size > mostMembers
      ? refuse('too-many', `a group has at most ${mostMembers} members`)
      : allow;
  },
};

export const importCommands = { 'chat.import': bring, 'chat.imported': finish };

export const importFolds = {
  'chat.import': entryRule<ChatState, ChatImport>(
    chatImport,
    (draft, { text, files, record, imported: { id, name, at, recalled } }, { seq, id: entry, by }) => {
      const { imports } = draft;
      if (imports) draft.imports = { ...imports, count: imports.count + 1, last: id };
      draft.last = {
        seq,
        id: entry,
        by,
        name,
        at,
        text: text.slice(0, previewLength),
        ...(files ? { files: filesInShort(files) } : {}),
        ...(recalled ? { is: 'recalled' as const } : record ? { is: 'record' as const } : {}),
      };
    },
  ),
  'chat.imported': entryRule<ChatState, z.infer<typeof chatImported>>(
    chatImported,
    (draft, { members }, entry) => {
      if (draft.imports) draft.imports = { ...draft.imports, done: true };
      letIn(draft, members, entry);
    },
  ),
};
