import { join, resolve } from 'node:path';
import { z } from 'zod';
import { normaliseEmail } from './auth/emails.ts';
import { passwordProblem } from './auth/passwords.ts';
import { boundNames, boundSetting, boundTable, type Bound, type Bounds } from './bounds.ts';
import { err, ok, type Result } from '../shared/base/result.ts';

/** Everything the process was told by its environment, checked. */
export interface Config {
  /** 0 lets the system choose. */
  readonly port: number;
  readonly host: string;
  /** Absolute path of the one folder that holds everything. */
  readonly data: string;
  readonly admin: { readonly email: string; readonly password: string } | null;
  readonly workspaceName: string;
  /** Origin that links, cookies and the origin check use, without a slash at the end; null: what the request says. */
  readonly publicUrl: string | null;
  /** Absolute path of the journal of revocations. */
  readonly revocations: string;
  readonly durability: 'full' | 'process';
  readonly logLevel: string;
  /** Days for which the single steps of texts are kept; 0: for ever. */
  readonly keepDays: number;
  /** Days for which files of conversations are kept; 0: for ever. */
  readonly keepFilesDays: number;
  /** Number of proxies in front whose `X-Forwarded-*` headers are believed. */
  readonly trustedProxies: number;
  /** Days without use, and days in any case, after which a session is over. */
  readonly sessionDays: { readonly idle: number; readonly longest: number };
  /** Whom push services write to: `mailto:…` or `https://…`. */
  readonly pushContact: string;
  /** Hosts of the company's own network that the relay may ask, each `name` or `name:port`. */
  readonly outsideHosts: readonly string[];
  readonly bounds: Bounds;
}

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/)
    .transform(Number)
    .refine((n) => n >= least && n <= most);

const origin = z.string().transform((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isOrigin = url && /^https?:$/.test(url.protocol) && !url.username && !url.password;
  if (isOrigin && url.pathname === '/' && !url.search && !url.hash) return url.origin;
  context.addIssue({ code: 'custom', message: 'not an origin' });
  return z.NEVER;
});

/** An address for people who run push services. */
const contact = z.string().refine((text) => {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && (url.protocol === 'https:' || /^mailto:[^@]+@[^@]+$/.test(text));
});
/** Where nobody was named. */
const noContact = 'mailto:nobody@weft.invalid';

/** Names, IPv4 or bracketed IPv6 addresses, each with a port or without, between commas. */
const hosts = z.string().transform((text, context) => {
  const all = text.split(',').map((host) => host.trim());
  if (all.every((host) => /^([\w.-]{1,253}|\[[\da-f:.]+\])(:\d{1,5})?$/i.test(host))) return all;
  context.addIssue({ code: 'custom', message: 'not a list of hosts' });
  return z.NEVER;
});

/** A setting: how its text is read, and the end of the sentence "X must be …". */
const settings = {
  PORT: { schema: wholeNumber(0, 65_535).default(8787), must: 'a port number from 0 to 65535' },
  HOST: {
    schema: z
      .string()
      .regex(/^[\w.:%-]{1,255}$/)
      .default('127.0.0.1'),
    must: 'a host name or an address to listen on',
  },
  WEFT_DATA: {
    schema: z
      .string()
      .refine((path) => !path.includes('\0'))
      .default('./data'),
    must: 'a path of a folder',
  },
  WEFT_ADMIN_EMAIL: {
    schema: z
      .string()
      .refine((email) => normaliseEmail(email) !== null)
      .optional(),
    must: 'an e-mail address',
  },
  WEFT_ADMIN_PASSWORD: {
    schema: z
      .string()
      .refine((password) => passwordProblem(password) === null)
      .optional(),
    must: 'a password of 8 to 256 characters that is not among the most common ones',
  },
  WEFT_WORKSPACE: {
    schema: z.string().trim().min(1).max(60).default('Weft'),
    must: 'a name of 1 to 60 characters',
  },
  WEFT_PUBLIC_URL: {
    schema: origin.optional(),
    must: 'an address like https://weft.example.com, without a path',
  },
  WEFT_REVOCATIONS: {
    schema: z
      .string()
      .refine((path) => !path.includes('\0'))
      .optional(),
    must: 'a path of a file',
  },
  WEFT_DURABILITY: { schema: z.enum(['full', 'process']).default('full'), must: '"full" or "process"' },
  WEFT_LOG: { schema: z.enum(logLevels).default('info'), must: `one of ${logLevels.join(', ')}` },
  WEFT_KEEP_DAYS: {
    schema: wholeNumber(0, 36_500).default(30),
    must: 'a number of days from 0 (for ever) to 36500',
  },
  WEFT_KEEP_FILES_DAYS: {
    schema: wholeNumber(0, 36_500).default(0),
    must: 'a number of days from 0 (for ever) to 36500',
  },
  WEFT_TRUST_PROXY: {
    schema: wholeNumber(0, 10).default(0),
    must: 'the number of proxies in front of the relay, from 0 to 10',
  },
  WEFT_SESSION_IDLE_DAYS: {
    schema: wholeNumber(1, 3_650).default(30),
    must: 'a number of days from 1 to 3650',
  },
  WEFT_SESSION_DAYS: { schema: wholeNumber(1, 3_650).default(180), must: 'a number of days from 1 to 3650' },
  WEFT_PUSH_CONTACT: {
    schema: contact.optional(),
    must: 'an address like mailto:it@example.com or https://example.com/contact',
  },
  WEFT_OUTSIDE_HOSTS: {
    schema: hosts.optional(),
    must: 'names of hosts, with a port or without, between commas',
  },
} as const;

type Settings = { [Name in keyof typeof settings]: z.infer<(typeof settings)[Name]['schema']> };

/** Names that this relay knows of but cannot serve yet: doing something else silently would be worse than refusing. */
const notBuilt: Readonly<Record<string, string>> = {
  WEFT_DATABASE_URL: 'this version stores everything in WEFT_DATA',
  WEFT_REDIS_URL: 'this version runs as a single process',
  WEFT_BLOBS_URL: 'this version keeps files in WEFT_DATA',
};
/** All names the environment may hold for the relay, also those it refuses. */
export const settingNames: readonly string[] = [
  ...Object.keys(settings),
  ...boundNames.map(boundSetting),
  ...Object.keys(notBuilt),
];

/** Read by other programs of the project (`npm run dev`, tests). */
const ofOthers = new Set(['WEFT_DEV_PORT', 'WEFT_DEV_RELAY']);
const secret = new Set(['WEFT_ADMIN_PASSWORD']);

export interface ReadConfig {
  readonly config: Config;
  /** Sentences for the log: names nobody knows, usually spelled wrong. */
  readonly warnings: readonly string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

function readBounds(environment: Environment): Result<Bounds, string> {
  const values = {} as Record<Bound, number>;
  for (const bound of boundNames) {
    const { initial, least, most, unit } = boundTable[bound];
    const text = environment[boundSetting(bound)] || String(initial);
    const value = /^\d{1,12}$/.test(text) ? Number(text) : NaN;
    if (!(value >= least && value <= most)) {
      const what = unit === 'number' ? 'a number' : `a number of ${unit}`;
      const shown = JSON.stringify(text).slice(0, 200);
      return err(`${boundSetting(bound)} must be ${what} from ${least} to ${most}, not ${shown}.`);
    }
    values[bound] = value;
  }
  if (values.frame < values.update + frameAroundUpdate)
    return err(
      `${boundSetting('frame')} must be at least ${frameAroundUpdate} more than ${boundSetting('update')}.`,
    );
  return ok(values);
}
/** What a frame needs beside the update in it. */
const frameAroundUpdate = 64 * 1024;

/** Reads the environment. The error is one sentence for a person; an empty value counts as absent. */
export function readConfig(environment: Environment): Result<ReadConfig, string> {
  const given = Object.entries(environment).filter(([, value]) => value !== undefined && value !== '');
  const values: Record<string, unknown> = {};
  for (const [name] of given)
    if (Object.hasOwn(notBuilt, name))
      return err(`${name} is not supported yet: ${notBuilt[name]}. Unset it.`);
  for (const [name, { schema, must }] of Object.entries(settings)) {
    const text = environment[name] === '' ? undefined : environment[name];
    const parsed = schema.safeParse(text);
    if (!parsed.success) {
      const shown = secret.has(name) ? '' : `, not ${JSON.stringify(text).slice(0, 200)}`;
      return err(`${name} must be ${must}${shown}.`);
    }
    values[name] = parsed.data;
  }
  const read = values as Settings;
  const email = read.WEFT_ADMIN_EMAIL;
  const password = read.WEFT_ADMIN_PASSWORD;
  if ((email === undefined) !== (password === undefined))
    return err('WEFT_ADMIN_EMAIL and WEFT_ADMIN_PASSWORD must be given together.');
  const bounds = readBounds(environment);
  if (!bounds.ok) return bounds;
  const warnings = given
    .map(([name]) => name)
    .filter((name) => name.startsWith('WEFT_') && !settingNames.includes(name) && !ofOthers.has(name))
    .map((name) => `${name} is not a setting of Weft and is ignored`);
  return ok({
    config: {
      port: read.PORT,
      host: read.HOST,
      data: resolve(read.WEFT_DATA),
      admin: email !== undefined && password !== undefined ? { email, password } : null,
      workspaceName: read.WEFT_WORKSPACE,
      publicUrl: read.WEFT_PUBLIC_URL ?? null,
      revocations: resolve(read.WEFT_REVOCATIONS ?? join(read.WEFT_DATA, 'revocations.log')),
      durability: read.WEFT_DURABILITY,
      logLevel: read.WEFT_LOG,
      keepDays: read.WEFT_KEEP_DAYS,
      keepFilesDays: read.WEFT_KEEP_FILES_DAYS,
      trustedProxies: read.WEFT_TRUST_PROXY,
      sessionDays: { idle: read.WEFT_SESSION_IDLE_DAYS, longest: read.WEFT_SESSION_DAYS },
      pushContact:
        read.WEFT_PUSH_CONTACT ??
        (read.WEFT_PUBLIC_URL?.startsWith('https:') ? read.WEFT_PUBLIC_URL : noContact),
      outsideHosts: read.WEFT_OUTSIDE_HOSTS ?? [],
      bounds: bounds.value,
    },
    warnings,
  });
}
