import type * as z from 'zod/mini';
import { allow, isAdmin, refuse, type Actor, type Decision } from '../../access/actor.ts';
import { entryRule, makeFold } from '../../access/fold.ts';
import { mostSegments, segmentDrop, segmentPut } from '../segments/schema.ts';
import { revokingRule, type CommandRule, type LogKind } from '../../access/kind.ts';
import { faceCommands, faceFolds } from './face.ts';
import {
  broadcastsOf,
  linkBegun,
  mostSettings as most,
  settingsBroadcasts,
  settingsDropField,
  settingsDropLink,
  settingsDropQuickReply,
  settingsDropTagGroup,
  settingsField,
  settingsLink,
  settingsQuickReply,
  settingsServiceAdmins,
  settingsStages,
  settingsTagGroup,
  settingsTexts,
  settingsUnanswered,
  stagesOf,
  type ContactLink,
  type SettingsState,
} from './settings-schema.ts';

type Rule<Schema extends z.ZodMiniType> = CommandRule<SettingsState, SettingsState, z.infer<Schema>>;
type Ref = z.infer<typeof settingsDropLink>;

/** There is one such room in a workspace. */
export const settingsRoomId = 'main';

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const sizeOf = (table: object): number => Object.keys(table).length;

function without<Each>(table: Readonly<Record<string, Each>>, id: string): Readonly<Record<string, Each>> {
  const { [id]: _, ...others } = table;
  return others;
}

const mayManage = (actor: Actor): Decision =>
  isAdmin(actor) ? allow : refuse('forbidden', 'only administrators set this for everybody');

/** A line of one of the company's tables: administrators add and change it, within a bound. */
const line = <Data extends Ref>(
  schema: z.ZodMiniType<Data>,
  table: 'tagGroups' | 'fields' | 'replies',
): CommandRule<SettingsState, SettingsState, Data> => ({
  schema,
  may(actor, { id }, { state }) {
    const manage = mayManage(actor);
    if (!manage.ok || Object.hasOwn(state[table], id) || sizeOf(state[table]) < most[table]) return manage;
    return refuse('too-many', `there are at most ${most[table]}`);
  },
  isDone: (_actor, data, { state }) =>
    Object.hasOwn(state[table], data.id) && same(state[table][data.id], data),
});

const drop = (
  schema: z.ZodMiniType<Ref>,
  table: 'tagGroups' | 'fields' | 'replies',
): CommandRule<SettingsState, SettingsState, Ref> => ({
  schema,
  may: (actor) => mayManage(actor),
  isDone: (_actor, { id }, { state }) => !Object.hasOwn(state[table], id),
});

const field: Rule<typeof settingsField> = {
  ...line(settingsField, 'fields'),
  may(actor, data, context) {
    const before = context.state.fields[data.id];
    // What people filled in would mean something else.
    if (before && before.type !== data.type) return refuse('bad-request', 'type: stays as it is');
    return line(settingsField, 'fields').may(actor, data, context);
  },
};

const stages: Rule<typeof settingsStages> = {
  schema: settingsStages,
  may: (actor) => mayManage(actor),
  isDone: (_actor, data, { state }) => same(stagesOf(state), data.stages),
};

const texts: Rule<typeof settingsTexts> = {
  schema: settingsTexts,
  may: (actor) => mayManage(actor),
  isDone: (_actor, data, { state }) => same({ ...state.texts, ...data }, state.texts),
};

const unanswered: Rule<typeof settingsUnanswered> = {
  schema: settingsUnanswered,
  may: (actor) => mayManage(actor),
  isDone: (_actor, { after }, { state }) => (state.unanswered?.after ?? null) === after,
};

const broadcasts: Rule<typeof settingsBroadcasts> = {
  schema: settingsBroadcasts,
  may: (actor) => mayManage(actor),
  isDone: (_actor, data, { state }) => same(broadcastsOf(state), data),
};

/** A link to somebody alone is theirs too; whom a team's link brings customers to, administrators decide. */
const isOwn = (actor: Actor, { to }: Pick<ContactLink, 'to'>): boolean =>
  'member' in to && to.member === actor.member;

function mayKeep(actor: Actor, before: ContactLink | undefined, after: Pick<ContactLink, 'to'>): Decision {
  if (isAdmin(actor) || (isOwn(actor, after) && (!before || isOwn(actor, before)))) return allow;
  return refuse('forbidden', 'only administrators keep the links of others');
}

const link: Rule<typeof settingsLink> = {
  schema: settingsLink,
  may(actor, data, { state, isActiveMember }) {
    const before = Object.hasOwn(state.links, data.id) ? state.links[data.id] : undefined;
    const keep = mayKeep(actor, before, data);
    if (!keep.ok) return keep;
    const people = 'member' in data.to ? [data.to.member] : [...data.to.team, ...asList(data.to.fallback)];
    // A link that is switched off may name people who left meanwhile.
    if (data.on && !people.every(isActiveMember)) return refuse('member-not-found', 'no such member');
    if (before) return before.code === data.code ? allow : refuse('bad-request', 'code: stays as it is');
    const all = Object.values(state.links);
    if (all.some(({ code }) => code === data.code))
      return refuse('already-exists', 'another link has this code');
    const own = all.filter(({ by }) => by === actor.member).length;
    return all.length < most.links && (isAdmin(actor) || own < most.ownLinks)
      ? allow
      : refuse('too-many', 'there are too many links');
  },
  isDone(_actor, data, { state }) {
    const before = Object.hasOwn(state.links, data.id) ? state.links[data.id] : undefined;
    if (!before) return false;
    const { by: _by, begun: _begun, turns: _turns, ...said } = before;
    return same(said, data);
  },
};

const dropLink: Rule<typeof settingsDropLink> = {
  schema: settingsDropLink,
  may(actor, { id }, { state }) {
    const before = Object.hasOwn(state.links, id) ? state.links[id] : undefined;
    return before ? mayKeep(actor, before, before) : allow;
  },
  isDone: (_actor, { id }, { state }) => !Object.hasOwn(state.links, id),
};

const segment: Rule<typeof segmentPut> = {
  schema: segmentPut,
  may(actor, { id }, { state: { segments = {} } }) {
    const manage = mayManage(actor);
    if (!manage.ok || Object.hasOwn(segments, id) || sizeOf(segments) < mostSegments) return manage;
    return refuse('too-many', `there are at most ${mostSegments} segments`);
  },
  isDone: (_actor, data, { state: { segments = {} } }) =>
    Object.hasOwn(segments, data.id) && same(segments[data.id], data),
};

const dropSegment: Rule<typeof segmentDrop> = {
  schema: segmentDrop,
  may: (actor) => mayManage(actor),
  isDone: (_actor, { id }, { state: { segments = {} } }) => !Object.hasOwn(segments, id),
};

const serviceAdmins: Rule<typeof settingsServiceAdmins> = {
  schema: settingsServiceAdmins,
  may(actor, { members }, { isActiveMember }) {
    const manage = mayManage(actor);
    return !manage.ok || members.every(isActiveMember)
      ? manage
      : refuse('member-not-found', 'no such member');
  },
  isDone: (_actor, { members }, { state }) => same(state.serviceAdmins ?? [], members),
};

const asList = <Each>(each: Each | null): Each[] => (each === null ? [] : [each]);

/** A link that was made again after it was taken away would work again. */
const off = ({ by: _by, begun: _begun, turns: _turns, ...said }: ContactLink) => ({
  type: 'customers.link',
  data: { ...said, on: false },
});

/** What the company sets for its customers: tags, stages, fields, texts, links to people and teams, quick replies. */
export const settingsKind: LogKind<SettingsState> = {
  class: 'log',
  kind: 'customers',
  part: null,
  governedBy: null,
  initial: {
    tagGroups: {},
    stages: [],
    fields: {},
    links: {},
    texts: { privacy: '', privacyLink: '', ended: '' },
    replies: {},
  },
  fold: makeFold<SettingsState>((state) => ({ ...state }), {
    'customers.tagGroup': entryRule(settingsTagGroup, (draft, data) => {
      draft.tagGroups = { ...draft.tagGroups, [data.id]: data };
    }),
    'customers.dropTagGroup': entryRule(settingsDropTagGroup, (draft, { id }) => {
      draft.tagGroups = without(draft.tagGroups, id);
    }),
    'customers.stages': entryRule(settingsStages, (draft, data) => {
      draft.stages = data.stages;
    }),
    'customers.field': entryRule(settingsField, (draft, data) => {
      draft.fields = { ...draft.fields, [data.id]: data };
    }),
    'customers.dropField': entryRule(settingsDropField, (draft, { id }) => {
      draft.fields = without(draft.fields, id);
    }),
    'customers.texts': entryRule(settingsTexts, (draft, data) => {
      draft.texts = { ...draft.texts, ...data };
    }),
    'customers.unanswered': entryRule(settingsUnanswered, (draft, data) => {
      draft.unanswered = data;
    }),
    'customers.broadcasts': entryRule(settingsBroadcasts, (draft, data) => {
      draft.broadcasts = data;
    }),
    'customers.link': entryRule(settingsLink, (draft, data, { by }) => {
      const before = Object.hasOwn(draft.links, data.id)
        ? draft.links[data.id]!
        : { by, begun: 0, turns: {} };
      const kept = { by: before.by, begun: before.begun, turns: before.turns };
      draft.links = { ...draft.links, [data.id]: { ...data, ...kept } };
    }),
    'customers.dropLink': entryRule(settingsDropLink, (draft, { id }) => {
      draft.links = without(draft.links, id);
    }),
    'customers.begun': entryRule(linkBegun, (draft, { link: id, owner }) => {
      if (!Object.hasOwn(draft.links, id)) return;
      const of = draft.links[id]!;
      const turns = { ...of.turns, [owner]: (of.turns[owner] ?? 0) + 1 };
      draft.links = { ...draft.links, [id]: { ...of, begun: of.begun + 1, turns } };
    }),
    'customers.quickReply': entryRule(settingsQuickReply, (draft, data) => {
      draft.replies = { ...draft.replies, [data.id]: data };
    }),
    'customers.dropQuickReply': entryRule(settingsDropQuickReply, (draft, { id }) => {
      draft.replies = without(draft.replies, id);
    }),
    ...faceFolds,
    'customers.segment': entryRule(segmentPut, (draft, data) => {
      draft.segments = { ...draft.segments, [data.id]: data };
    }),
    'customers.dropSegment': entryRule(segmentDrop, (draft, { id }) => {
      draft.segments = without(draft.segments ?? {}, id);
    }),
    'customers.serviceAdmins': entryRule(settingsServiceAdmins, (draft, { members }) => {
      draft.serviceAdmins = members;
    }),
  }),
  exists: () => true,
  // For the welcome of a link: whoever may have one.
  mayAttach: (actor) =>
    actor.isGuest || actor.may ? refuse('forbidden', 'members put files to links') : allow,
  readers: () => 'everyone',
  commands: {
    ...faceCommands,
    'customers.tagGroup': line(settingsTagGroup, 'tagGroups'),
    'customers.dropTagGroup': drop(settingsDropTagGroup, 'tagGroups'),
    'customers.stages': stages,
    'customers.field': field,
    'customers.dropField': drop(settingsDropField, 'fields'),
    'customers.texts': texts,
    'customers.unanswered': unanswered,
    'customers.broadcasts': broadcasts,
    'customers.link': link,
    'customers.dropLink': dropLink,
    'customers.quickReply': line(settingsQuickReply, 'replies'),
    'customers.dropQuickReply': drop(settingsDropQuickReply, 'replies'),
    'customers.segment': segment,
    'customers.dropSegment': dropSegment,
    'customers.serviceAdmins': serviceAdmins,
  },
  facts: {
    'customers.begun': linkBegun,
    'customers.link': settingsLink,
    'customers.dropLink': settingsDropLink,
    'customers.serviceAdmins': settingsServiceAdmins,
  },
  // What a link lets in, it lets in by the relay's word: what gives one back is judged like what gives a right back.
  accessEntries: new Set(['customers.link']),
  revoking: {
    'customers.link': revokingRule<SettingsState, z.infer<typeof settingsLink>>(
      settingsLink,
      (data, state) => {
        const now = Object.hasOwn(state.links, data.id) ? state.links[data.id]! : null;
        return now?.on && !data.on ? off(now) : null;
      },
    ),
    'customers.dropLink': revokingRule<SettingsState, Ref>(settingsDropLink, (data, state) =>
      Object.hasOwn(state.links, data.id) ? { type: 'customers.dropLink', data } : null,
    ),
    // Those who were named then and not since: nobody is let in again, and who was let in later is not taken out.
    'customers.serviceAdmins': revokingRule<SettingsState, z.infer<typeof settingsServiceAdmins>>(
      settingsServiceAdmins,
      ({ members }, { serviceAdmins: now = [] }) => {
        const kept = now.filter((member) => members.includes(member));
        return kept.length < now.length ? { type: 'customers.serviceAdmins', data: { members: kept } } : null;
      },
    ),
  },
  noteworthy: new Set(),
};
