import { cruise, type IForbiddenRuleType, type IViolation } from 'dependency-cruiser';

/** A library by name, whether it was found in node_modules or (in the samples) could not be resolved. */
const library = (...names: string[]): string => `^(node_modules/)?(${names.join('|')})(/|$)`;

/**
 * Who may import whom, the table of docs/design.md in a form that can be checked. Types count like values: what a
 * folder knows by type it depends on. Where only types may pass, the rule says so.
 */
export const importRules: IForbiddenRuleType[] = [
  {
    name: 'shared-stays-neutral',
    comment: 'shared runs in pages, workers and Node: itself and libraries that run everywhere, nothing else',
    from: { path: '^shared/' },
    to: { pathNot: ['^shared/', library('yjs', 'lib0', 'y-protocols', 'zod')] },
  },
  {
    name: 'shared-base-comes-first',
    from: { path: '^shared/base/' },
    to: { path: '^shared/', pathNot: '^shared/base/' },
  },
  {
    name: 'shared-protocol-and-access-come-second',
    from: { path: '^shared/(protocol|access)/' },
    to: { path: '^shared/', pathNot: '^shared/(base|protocol|access)/' },
  },
  {
    name: 'shared-features-come-before-documents',
    from: { path: '^shared/features/' },
    to: { path: '^shared/documents/' },
  },
  {
    name: 'shared-features-do-not-call-each-other',
    comment: 'features refer to each other by id, type and shape',
    from: { path: '^shared/features/([^/]+)/' },
    to: {
      path: '^shared/features/',
      pathNot: ['^shared/features/$1/', '^shared/features/[^/]+/schema\\.ts$'],
      dependencyTypesNot: ['type-only'],
    },
  },
  {
    name: 'client-ui-knows-nothing-of-weft',
    from: { path: '^client/ui/' },
    to: { path: '^(client|shared|server)/', pathNot: '^client/ui/' },
  },
  {
    name: 'client-data-knows-only-shared',
    from: { path: '^client/data/' },
    to: { path: ['^(client|server)/', '\\.svelte$'], pathNot: '^client/data/.*(?<!\\.svelte)$' },
  },
  {
    name: 'client-i18n-knows-only-shared',
    from: { path: '^client/i18n/' },
    to: { path: '^client/', pathNot: '^client/i18n/' },
  },
  {
    name: 'client-session-stands-below-pages',
    from: { path: '^client/session/' },
    to: { path: '^client/(app|features|ui)/' },
  },
  {
    name: 'client-features-meet-at-their-doors',
    comment:
      "a feature uses ui, data, session, i18n, shared and other features' index.ts; of the app only a type",
    from: { path: '^client/features/([^/]+)/' },
    to: {
      path: '^client/',
      pathNot: [
        '^client/features/$1/',
        '^client/features/[^/]+/index\\.ts$',
        '^client/(ui|data|session|i18n)/',
        '^client/app/feature\\.ts$',
      ],
    },
  },
  {
    name: 'client-app-enters-features-by-their-doors',
    from: { path: '^client/app/' },
    to: { path: '^client/features/', pathNot: '^client/features/[^/]+/index\\.ts$' },
  },
  {
    name: 'client-app-loads-features-lazily',
    from: { path: '^client/app/' },
    to: { path: '^client/features/', dynamic: false, dependencyTypesNot: ['type-only'] },
  },
  {
    name: 'client-main-is-imported-by-nobody',
    from: { path: '^(client|shared|tests)/' },
    to: { path: '^client/main\\.ts$' },
  },
  {
    name: 'client-guest-stays-small',
    comment: 'a page of its own with a budget: widgets, words, and of the data only files that stand alone',
    from: { path: '^client/guest/' },
    to: {
      path: '^client/',
      pathNot: [
        '^client/(guest|ui|i18n)/',
        '^client/data/(blobs|notices/subscription|storage/contract|sync/(connection|contract|reconnect))\\.ts$',
      ],
    },
  },
  {
    name: 'client-guest-is-imported-by-nobody',
    from: { path: '^(client|server|shared)/', pathNot: '^client/guest/' },
    to: { path: '^client/guest/' },
  },
  {
    name: 'client-uses-no-node-modules',
    from: { path: '^client/', pathNot: '^client/pwa/vite-plugin\\.ts$' },
    to: { dependencyTypes: ['core'] },
  },
  { name: 'client-never-imports-server', from: { path: '^client/' }, to: { path: '^server/' } },
  { name: 'server-never-imports-client', from: { path: '^server/' }, to: { path: '^client/' } },
  {
    name: 'relay-knows-no-concrete-library',
    comment: 'the relay itself works on contracts: no HTTP framework, no database, no broker',
    from: { path: '^server/relay/' },
    to: {
      path: library(
        'hono',
        '@hono',
        'better-sqlite3',
        'pg',
        'kysely',
        'ioredis',
        'ws',
        '@node-rs',
        'prom-client',
      ),
    },
  },
  {
    name: 'relay-knows-no-adapter',
    from: { path: '^server/relay/' },
    to: {
      path: '^server/(main\\.ts|app\\.ts|http/|features/|auth/|[^/]+/(sqlite|postgres|memory|redis)(/|[-.]))',
    },
  },
  { name: 'nothing-imports-tests', from: { pathNot: '^tests/' }, to: { path: '^tests/' } },
  {
    name: 'scripts-start-without-dependencies',
    comment: 'they run before anything is installed: libraries only by import() after the install',
    from: { path: '^scripts/' },
    to: { pathNot: '^scripts/', dependencyTypesNot: ['core'], dynamic: false },
  },
  { name: 'no-cycles', from: {}, to: { circular: true } },
];

/** The rules that the files below `root` break, each with the two files in question. */
export async function brokenImportRules(root: string, folders: string[]): Promise<IViolation[]> {
  const { output } = await cruise(folders, {
    baseDir: root,
    validate: true,
    ruleSet: { forbidden: importRules.map((rule) => ({ severity: 'error', ...rule })) },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^dist/' },
    enhancedResolveOptions: { extensions: ['.ts', '.mjs', '.js', '.svelte', '.json'] },
  });
  if (typeof output === 'string') throw new Error('expected a result, got a report');
  return output.summary.violations;
}
