import type * as z from 'zod/mini';
import { allow, isAdmin, refuse } from '../../access/actor.ts';
import { entryRule, makeFold } from '../../access/fold.ts';
import type { CommandRule, LogKind } from '../../access/kind.ts';
import { departmentCommands, departmentEntries, departmentRevoking } from './departments.ts';
import { fieldCommands, fieldEntries } from './fields.ts';
import { importCommands, importEntries } from './import.ts';
import { partialDirectory, seenEntries } from './seen.ts';
import { maySeePhoto } from './visibility.ts';
import { peopleCommands, peopleEntries, peopleRevoking } from './people.ts';
import {
  departmentAdmin,
  departmentShow,
  memberJoined,
  memberRef,
  memberRole,
  workspaceCards,
  workspaceName,
  type DirectoryState,
} from './schema.ts';

const rename: CommandRule<DirectoryState, DirectoryState, z.infer<typeof workspaceName>> = {
  schema: workspaceName,
  may: (actor) => (isAdmin(actor) ? allow : refuse('forbidden', 'only administrators rename the workspace')),
  isDone: (_actor, { name }, { state }) => state.name === name,
};

const cards: CommandRule<DirectoryState, DirectoryState, z.infer<typeof workspaceCards>> = {
  schema: workspaceCards,
  may: (actor) => (isAdmin(actor) ? allow : refuse('forbidden', 'only administrators decide about cards')),
  isDone: (_actor, { on }, { state }) => (state.linkCards ?? true) === on,
};

/** The company's people. `member.join` is a fact: the relay appends it when somebody accepted an invitation. */
export const directoryKind: LogKind<DirectoryState> = {
  class: 'log',
  kind: 'directory',
  part: null,
  governedBy: null,
  initial: { name: '', members: {} },
  fold: makeFold<DirectoryState>((state) => ({ ...state }), {
    'workspace.rename': entryRule(workspaceName, (draft, { name }) => {
      draft.name = name;
    }),
    'workspace.cards': entryRule(workspaceCards, (draft, { on }) => {
      draft.linkCards = on;
    }),
    ...peopleEntries,
    ...departmentEntries,
    ...fieldEntries,
    ...importEntries,
    ...seenEntries,
  }),
  exists: () => true,
  readers: () => 'everyone',
  commands: {
    'workspace.rename': rename,
    'workspace.cards': cards,
    ...peopleCommands,
    ...departmentCommands,
    ...fieldCommands,
    ...importCommands,
  },
  facts: {
    'member.join': memberJoined,
    'workspace.rename': workspaceName,
    'member.role': memberRole,
    'member.remove': memberRef,
    'department.admin': departmentAdmin,
    'department.show': departmentShow,
  },
  // The last changes not who reads a room, but what they may know of this one.
  accessEntries: new Set([
    'member.join',
    'member.role',
    'member.remove',
    'department.admin',
    'department.show',
  ]),
  revoking: { ...peopleRevoking, ...departmentRevoking },
  mayAttach: () => allow,
  faces: maySeePhoto,
  noteworthy: new Set(),
  partly: partialDirectory,
};

/** There is one directory in a workspace. */
export const directoryRoomId = 'main';
