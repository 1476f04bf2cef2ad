import type * as z from 'zod/mini';
import { allow, isAdmin, refuse } from '../../access/actor.ts';
import { entryRule, makeFold } from '../../access/fold.ts';
import type { CommandRule, LogKind } from '../../access/kind.ts';
import { departmentCommands, departmentEntries, departmentRevoking } from './departments.ts';
import { fieldCommands, fieldEntries } from './fields.ts';
import { importCommands, importEntries } from './import.ts';
import { peopleCommands, peopleEntries, peopleRevoking } from './people.ts';
import {
  departmentAdmin,
  memberJoined,
  memberRef,
  memberRole,
  workspaceName,
  type DirectoryState,
} from './schema.ts';

const rename: CommandRule<DirectoryState, DirectoryState, z.infer<typeof workspaceName>> = {
  schema: workspaceName,
  may: (actor) => (isAdmin(actor) ? allow : refuse('forbidden', 'only administrators rename the workspace')),
  isDone: (_actor, { name }, { state }) => state.name === name,
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
    ...peopleEntries,
    ...departmentEntries,
    ...fieldEntries,
    ...importEntries,
  }),
  exists: () => true,
  readers: () => 'everyone',
  commands: {
    'workspace.rename': rename,
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
  },
  accessEntries: new Set(['member.join', 'member.role', 'member.remove', 'department.admin']),
  revoking: { ...peopleRevoking, ...departmentRevoking },
  noteworthy: new Set(),
};

/** There is one directory in a workspace. */
export const directoryRoomId = 'main';
