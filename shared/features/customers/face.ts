import * as z from 'zod/mini';
import { allow, isAdmin, refuse } from '../../access/actor.ts';
import { entryRule, type EntryRule } from '../../access/fold.ts';
import type { CommandRule } from '../../access/kind.ts';
import { mostLogo, type CompanyFace, type SettingsState } from './settings-schema.ts';

/** By its first bytes: PNG, JPEG or WebP. A drawing made of text could hold a program. */
const picture = /^(?:iVBORw0KGgo|\/9j\/|UklGR[A-Za-z0-9+/]{6}XRUJQ)[A-Za-z0-9+/]*={0,2}$/;

/** How the company shows itself to guests. What is not named stays. */
export const settingsFace = z
  .object({
    /** A small picture in base64; null for none. */
    logo: z.optional(z.nullable(z.string().check(z.maxLength(mostLogo), z.regex(picture)))),
    /** Whether what is shown on a guest's locked phone says what was written. */
    noticeWords: z.optional(z.boolean()),
  })
  .check(z.refine((face) => Object.keys(face).length > 0, 'nothing to set'));

type Face = z.infer<typeof settingsFace>;

/** As it is shown: without a logo, and without words on locked screens, until the company says otherwise. */
export const faceOf = ({ face }: Pick<SettingsState, 'face'>): CompanyFace =>
  face ?? { logo: null, noticeWords: false };

export const faceFolds: Readonly<Record<string, EntryRule<SettingsState>>> = {
  'customers.face': entryRule(settingsFace, (draft, { logo, noticeWords }) => {
    const before = faceOf(draft);
    draft.face = {
      logo: logo === undefined ? before.logo : logo,
      noticeWords: noticeWords ?? before.noticeWords,
    };
  }),
};

const face: CommandRule<SettingsState, SettingsState, Face> = {
  schema: settingsFace,
  may: (actor) =>
    isAdmin(actor) ? allow : refuse('forbidden', 'only administrators say how the company shows itself'),
  isDone(_actor, data, { state }) {
    const now = faceOf(state);
    return JSON.stringify({ ...now, ...data }) === JSON.stringify(now);
  },
};

export const faceCommands = { 'customers.face': face };

/** How the logo is served. */
export const logoType = (logo: string): string =>
  logo.startsWith('iVBOR') ? 'image/png' : logo.startsWith('/9j/') ? 'image/jpeg' : 'image/webp';
