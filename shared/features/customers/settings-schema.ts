import * as z from 'zod/mini';
import type { MemberId } from '../../base/ids.ts';
import { messageFiles } from '../chat/schema.ts';
import { memberId } from '../directory/schema.ts';
import { replyFiles, saysSomething } from '../personal/schema.ts';
import type { Segment } from '../segments/schema.ts';
import { key, line, moment, words } from './words.ts';

/** Bounds of what a company sets for its customers: every member's device holds all of it. */
export const mostSettings = {
  tagGroups: 50,
  tagsOfOne: 100,
  stages: 20,
  fields: 50,
  choices: 50,
  links: 5_000,
  /** Links that one member has for themselves. */
  ownLinks: 20,
  /** People of one link. */
  team: 50,
  /** Files of one welcome. */
  welcomeFiles: 5,
  replies: 1_000,
  serviceAdmins: 100,
} as const;

const place = z.number().check(z.refine(Number.isFinite));
const ref = z.object({ id: key });

const tag = z.object({ id: key, name: words(30) });
/** The whole group anew; a tag that is missing is gone. */
export const settingsTagGroup = z.object({
  id: key,
  name: words(30),
  place,
  tags: z.array(tag).check(
    z.maxLength(mostSettings.tagsOfOne),
    z.refine((tags) => new Set(tags.map(({ id }) => id)).size === tags.length, 'one twice'),
  ),
});
export const settingsDropTagGroup = ref;

const stage = z.object({ id: key, name: words(30), kind: z.enum(['open', 'won', 'lost']) });
/** All of them, in their order. */
export const settingsStages = z.object({
  stages: z.array(stage).check(
    z.minLength(1),
    z.maxLength(mostSettings.stages),
    z.refine((stages) => new Set(stages.map(({ id }) => id)).size === stages.length, 'one twice'),
  ),
});

export const settingsField = z
  .object({
    id: key,
    name: words(40),
    type: z.enum(['text', 'number', 'date', 'choice']),
    choices: z.optional(z.array(words(60)).check(z.maxLength(mostSettings.choices))),
    place,
  })
  .check(
    z.refine(({ type, choices }) => type !== 'choice' || (choices?.length ?? 0) > 0, {
      path: ['choices'],
      error: 'needs one',
    }),
  );
export const settingsDropField = ref;

/** An address of the web that a guest may follow. */
const address = z.string().check(z.maxLength(500), z.regex(/^https?:\/\/[^\s]+$/));
/** What is not named stays; empty takes it away. */
export const settingsTexts = z
  .object({
    /** What a guest agrees to before they write. */
    privacy: z.optional(line(4_000)),
    privacyLink: z.optional(z.union([address, z.literal('')])),
    /** What a guest reads whose conversation was ended. */
    ended: z.optional(line(1_000)),
    /** What a guest reads who is handed over: `{company}`, `{from}` and `{to}` are replaced. Empty is Weft's own words. */
    handover: z.optional(line(1_000)),
  })
  .check(z.refine((texts) => Object.keys(texts).length > 0, 'nothing to set'));

/** After how many minutes without an answer customers go back to their team; null is never. */
export const settingsUnanswered = z.object({
  after: z.nullable(z.number().check(z.int(), z.gte(1), z.lte(7 * 24 * 60))),
});

const clockTime = z.string().check(z.regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/));
/** When somebody answers. A time that ends before it begins ends on the next day. */
export const officeHours = z.object({
  from: clockTime,
  to: clockTime,
  /** The days on which they begin: 0 is Sunday. */
  days: z.array(z.number().check(z.int(), z.gte(0), z.lte(6))).check(z.maxLength(7)),
  /** Minutes that the clock there is ahead of UTC. */
  offset: z.number().check(z.int(), z.gte(-14 * 60), z.lte(14 * 60)),
});
export type OfficeHours = z.infer<typeof officeHours>;

/** Who answers customers that come by a link. */
export const linkTo = z.union([
  z.object({ member: memberId }),
  z.object({
    team: z.array(memberId).check(
      z.minLength(1),
      z.maxLength(mostSettings.team),
      z.refine((team) => new Set(team).size === team.length, 'one twice'),
    ),
    /** Fewest begun first, or fewest customers that are not ended. */
    rule: z.enum(['turns', 'load']),
    /** Who answers when nobody of them does. */
    fallback: z.nullable(memberId),
  }),
]);

export const settingsLink = z.object({
  id: key,
  /** What its address has in it, so that it cannot be guessed; stays as it was first. */
  code: z.string().check(z.regex(/^[A-Za-z0-9]{16,32}$/)),
  name: words(60),
  on: z.boolean(),
  /** When it ends, milliseconds since 1970. */
  until: z.nullable(moment),
  to: linkTo,
  /** The channel that it stands for. */
  source: line(60),
  /** What customers who come by it are tagged with. */
  tags: z.array(key).check(z.maxLength(20)),
  /** The first message to a customer; `{company}` and `{person}` are replaced. */
  welcome: line(1_000),
  /** Sent with it: files of this room. */
  files: z.optional(messageFiles.check(z.maxLength(mostSettings.welcomeFiles))),
  /** Null is always. */
  hours: z.nullable(officeHours),
  /** The first message outside of them. */
  away: line(1_000),
});
export const settingsDropLink = ref;

/** A text that is at hand while somebody writes, for everybody; one's own are in `personal/<member>:replies`. */
export const settingsQuickReply = z
  .object({
    id: key,
    folder: line(40),
    title: words(60),
    text: z.string().check(z.maxLength(2_000)),
    /** Files of this room. */
    files: z.optional(replyFiles),
  })
  .check(z.refine(saysSomething, { path: ['text'] }));
export const settingsDropQuickReply = ref;

/** All who look after customers of the whole company beside administrators. */
export const settingsServiceAdmins = z.object({
  members: z.array(memberId).check(
    z.maxLength(mostSettings.serviceAdmins),
    z.refine((members) => new Set(members).size === members.length, 'one twice'),
  ),
});

/** What is to be kept to by messages to many customers, whoever makes them. */
export const settingsBroadcasts = z.object({
  /** Nothing goes out in somebody's name who has not said so. */
  approval: z.boolean(),
  /** So many of them in so many days, for each customer. */
  perCustomer: z.object({
    most: z.number().check(z.int(), z.gte(1), z.lte(30)),
    days: z.number().check(z.int(), z.gte(1), z.lte(90)),
  }),
});

/** The relay's word: a customer began by this link, and who answers them. */
export const linkBegun = z.object({ link: key, owner: memberId });

export type Tag = z.infer<typeof tag>;
export type TagGroup = z.infer<typeof settingsTagGroup>;
export type Stage = z.infer<typeof stage>;
export type CustomerField = z.infer<typeof settingsField>;
export type LinkTo = z.infer<typeof linkTo>;
export type QuickReply = z.infer<typeof settingsQuickReply>;

export interface ContactLink extends z.infer<typeof settingsLink> {
  /** Who made it. */
  readonly by: MemberId;
  /** Customers that began by it. */
  readonly begun: number;
  /** And how many of them each was given. */
  readonly turns: Readonly<Record<MemberId, number>>;
}

/** Longest logo, in characters of base64: 36 kB. It is in every member's copy, so that codes to scan have it offline. */
export const mostLogo = 48_000;

/** How the company shows itself to guests. */
export interface CompanyFace {
  /** Base64; null without one. */
  readonly logo: string | null;
  readonly noticeWords: boolean;
}

/** What a company set for its customers. */
export interface SettingsState {
  tagGroups: Readonly<Record<string, TagGroup>>;
  /** Empty where they were never set: `stagesOf` says the default. */
  stages: readonly Stage[];
  fields: Readonly<Record<string, CustomerField>>;
  links: Readonly<Record<string, ContactLink>>;
  texts: {
    readonly privacy: string;
    readonly privacyLink: string;
    readonly ended: string;
    /** Absent in states from before there was one. */
    readonly handover?: string;
  };
  replies: Readonly<Record<string, QuickReply>>;
  /** Absent while never set. */
  unanswered?: z.infer<typeof settingsUnanswered>;
  /** Absent while never set: `broadcastsOf` says the default. */
  broadcasts?: z.infer<typeof settingsBroadcasts>;
  /** Absent while it was never set: `faceOf` says the default. */
  face?: CompanyFace;
  /** Absent while nobody was named. */
  serviceAdmins?: readonly MemberId[];
  /** Segments for everybody, by id; absent while there was none. */
  segments?: Readonly<Record<string, Segment>>;
}

/** Their names are empty: pages say them in the person's language, by id. */
export const defaultStages: readonly Stage[] = [
  { id: 'new', name: '', kind: 'open' },
  { id: 'talk', name: '', kind: 'open' },
  { id: 'won', name: '', kind: 'won' },
  { id: 'lost', name: '', kind: 'lost' },
];

/** What is to be kept to by messages to many customers. */
export const broadcastsOf = ({ broadcasts }: SettingsState): z.infer<typeof settingsBroadcasts> =>
  broadcasts ?? { approval: true, perCustomer: { most: 4, days: 30 } };

/** The stages of a company in their order, at least one. */
export const stagesOf = ({ stages }: Pick<SettingsState, 'stages'>): readonly Stage[] =>
  stages.length > 0 ? stages : defaultStages;
