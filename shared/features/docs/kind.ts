import type * as z from 'zod/mini';
import { allow, refuse, type Decision } from '../../access/actor.ts';
import { entryRule, makeFold } from '../../access/fold.ts';
import type { CommandRule, LogKind, TextKind } from '../../access/kind.ts';
import { docContent } from './content.ts';
import { docRef, docRoot, docTitle, type DocState } from './schema.ts';

const initial: DocState = { created: null, title: '', deleted: null };

const fold = makeFold<DocState>((state) => ({ ...state }), {
  'doc.create': entryRule(docTitle, (draft, { title }, entry) => {
    if (draft.created) return;
    draft.created = { by: entry.by, at: entry.at };
    draft.title = title;
  }),
  'doc.rename': entryRule(docTitle, (draft, { title }) => {
    draft.title = title;
  }),
  'doc.delete': entryRule(docRef, (draft, _data, entry) => {
    draft.deleted = { by: entry.by, at: entry.at };
  }),
  'doc.restore': entryRule(docRef, (draft) => {
    draft.deleted = null;
  }),
});

type Rule<Schema extends z.ZodMiniType> = CommandRule<DocState, DocState, z.infer<Schema>>;

const mustExist = (state: DocState): Decision =>
  state.created ? allow : refuse('room-not-found', 'no such document');

const create: Rule<typeof docTitle> = {
  schema: docTitle,
  creates: true,
  may: (_actor, _data, { state }) =>
    state.created ? refuse('already-exists', 'the document exists') : allow,
};
const rename: Rule<typeof docTitle> = {
  schema: docTitle,
  may: (_actor, _data, { state }) => mustExist(state),
  isDone: (_actor, { title }, { state }) => state.title === title,
};
const remove: Rule<typeof docRef> = {
  schema: docRef,
  may: (_actor, _data, { state }) => mustExist(state),
  isDone: (_actor, _data, { state }) => state.deleted !== null,
};
const restore: Rule<typeof docRef> = {
  schema: docRef,
  may: (_actor, _data, { state }) => mustExist(state),
  isDone: (_actor, _data, { state }) => state.created !== null && state.deleted === null,
};

/** What a list shows of a doc, and what decides who may write its text. */
export const docAboutKind: LogKind<DocState> = {
  class: 'log',
  kind: 'doc',
  part: 'about',
  governedBy: 'about',
  initial,
  fold,
  exists: (state) => state.created !== null,
  readers: () => 'everyone',
  commands: { 'doc.create': create, 'doc.rename': rename, 'doc.delete': remove, 'doc.restore': restore },
  facts: { 'doc.delete': docRef },
  accessEntries: new Set(['doc.create', 'doc.delete', 'doc.restore']),
  revoking: {
    'doc.delete': (_entry, state) =>
      state.created && !state.deleted ? { type: 'doc.delete', data: {} } : null,
  },
  noteworthy: new Set(),
};

export const docKind: TextKind<DocState> = {
  class: 'text',
  kind: 'doc',
  part: null,
  governedBy: 'about',
  exists: (about) => about.created !== null,
  readers: () => 'everyone',
  mayWrite(_actor, about) {
    if (!about.created) return refuse('room-not-found', 'no such document');
    return about.deleted
      ? refuse('document-deleted', 'the document was deleted; restore it to write')
      : allow;
  },
  roots: [docRoot],
  allows: docContent,
};
