import type { IncomingHttpHeaders } from 'node:http';
import { fileURLToPath } from 'node:url';
import { pino, type Logger } from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { systemClock } from '../shared/base/clock.ts';
import { directoryRoomId } from '../shared/features/directory/kind.ts';
import { isSomebodys } from '../shared/features/directory/visibility.ts';
import { roomId } from '../shared/protocol/rooms.ts';
import { createApp } from './app.ts';
import { newOperatorSecret, removeRelayFile, writeRelayFile } from './backup/folder-files.ts';
import { createCards } from './cards/cards.ts';
import { createBoundMetrics } from './bound-metrics.ts';
import { prepareDecoy } from './auth/passwords.ts';
import { readConfig, type Config } from './config.ts';
import { FolderError } from './folder-error.ts';
import { guestCookieToken } from './http/guest-cookie.ts';
import { createCustomersView } from './http/customers-view.ts';
import { createRequestMetrics } from './http/metrics.ts';
import { isOwnOrigin } from './http/origin.ts';
import { networkBehind, speaksTls } from './http/request-facts.ts';
import { createRequestRate } from './http/request-rate.ts';
import { cookieToken } from './http/session-cookie.ts';
import { attachSockets } from './http/sockets.ts';
import { readStaticFiles } from './http/static-files.ts';
import { close, listen, ListenError } from './listen.ts';
import { createOutside } from './outside/fetch.ts';
import { createPush } from './push/push.ts';
import { lookAfterUnanswered } from './relay/unanswered.ts';
import { createRelayMetrics } from './relay-metrics.ts';
import { createWebhooks, keptDeliveries } from './webhooks/webhooks.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

/** Running requests and sockets get this long to finish. Milliseconds. */
const patience = 3_000;
/** Whatever still hangs then is cut off, so that a stop takes less than ten seconds. */
const lastPatience = 8_000;
const day = 24 * 3_600_000;
/** How often customers are looked for who wait too long. Milliseconds. */
const lookEvery = 20_000;

/** One sentence for the person who started the relay; nothing was changed that a second start would trip over. */
function refuseToStart(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(2);
}

/** Said at every level of the log; on a terminal also in words, beside the lines for machines. */
function announce(log: Logger, facts: object, sentence: string): void {
  log.child({}, { level: 'info' }).info(facts, sentence);
  if (process.stderr.isTTY) process.stderr.write(`\n  ${sentence}\n\n`);
}

async function createAdmin(
  { auth }: Workspace,
  { admin, workspaceName }: Config,
  log: Logger,
): Promise<void> {
  if (!admin || auth.setup.isDone()) return;
  const name = admin.email.split('@', 1)[0] ?? admin.email;
  const made = await auth.setup.byOperator(workspaceName, { name: name.slice(0, 60), ...admin });
  if (!made.ok) refuseToStart(`The first administrator could not be created: ${made.error.message}.`);
  log.info({ member: made.value }, 'the first administrator was created from the environment');
}

function stopOnSignals(stop: () => Promise<void>, log: Logger): void {
  let stopping = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'stopping');
    setTimeout(() => process.exit(0), lastPatience).unref();
    stop().then(
      () => {
        log.info({}, 'stopped');
        process.exit(0);
      },
      (error: unknown) => {
        log.fatal({ err: error }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

async function run(config: Config, log: Logger): Promise<void> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const { bounds, publicUrl, trustedProxies, sessionDays } = config;
  const boundMetrics = createBoundMetrics(registry, bounds);
  const relayMetrics = createRelayMetrics(registry, boundMetrics);
  const workspace = await openWorkspace({
    folder: config.data,
    durability: config.durability,
    revocations: config.revocations,
    keepDays: config.keepDays,
    bounds,
    sessionLimits: { idle: sessionDays.idle * day, longest: sessionDays.longest * day },
    metrics: relayMetrics,
    log,
    // At once and without an answer to anybody: whether the last commit is on the disk nobody can say.
    fatal(error) {
      log.fatal({ err: error }, 'the disk failed to keep what it was given; the relay ends');
      process.exit(1);
    },
  });
  const { relay, auth, blobs } = workspace;
  await createAdmin(workspace, config, log);
  await prepareDecoy();
  const tidy = (): void => {
    try {
      auth.sessions.tidy();
      auth.guests.tidy();
      workspace.webhookStore.tidy(keptDeliveries);
    } catch (error) {
      log.warn({ err: error }, 'old sessions could not be removed');
    }
    workspace.forgetAnswers();
    blobs
      .tend(config.keepFilesDays, {
        room: roomId(relay.workspace, 'directory', directoryRoomId),
        isShown: (photo) => isSomebodys(relay.directory(), photo),
      })
      .catch((error: unknown) => log.warn({ err: error }, 'old files could not be removed'));
  };
  tidy();
  setInterval(tidy, day).unref();
  const lookAfter = (): void =>
    void lookAfterUnanswered({ relay, customers: workspace.customers, clock: systemClock })
      .catch((error: unknown) => log.warn({ err: error }, 'unanswered customers could not be looked after'))
      .finally(() => setTimeout(lookAfter, lookEvery).unref());
  lookAfter();

  const files = readStaticFiles(fileURLToPath(new URL('../dist/client', import.meta.url)));
  if (!files) log.warn({}, 'the client is not built; only the API is served');
  const metrics = createRequestMetrics(registry);
  const outside = createOutside({ hosts: config.outsideHosts });
  const push = createPush({
    store: workspace.pushStore,
    relay,
    sessions: auth.sessions,
    guests: auth.guests,
    outside,
    clock: systemClock,
    log,
    contact: config.pushContact,
    bounds,
    metrics: boundMetrics,
  });
  const cards = createCards({
    relay,
    blobs,
    outside,
    clock: systemClock,
    log,
    rate: createRequestRate(bounds, boundMetrics, 'memberCards'),
    publicUrl,
  });
  const webhooks = createWebhooks({
    store: workspace.webhookStore,
    apps: workspace.apps,
    relay,
    customers: workspace.customers,
    outside,
    view: createCustomersView(relay),
    clock: systemClock,
    log,
  });
  const operatorSecret = newOperatorSecret();
  const app = createApp({
    commands: { operator: workspace.operator, secret: operatorSecret },
    relay,
    auth,
    blobs,
    customers: workspace.customers,
    cards,
    broadcasts: workspace.broadcasts,
    wordHits: workspace.wordHits,
    push,
    apps: workspace.apps,
    webhooks,
    clock: systemClock,
    log,
    metrics,
    bounds,
    boundMetrics,
    files,
    publicUrl,
    trustedProxies,
  });
  const { port, host } = config;
  const { server, address } = await listen(app, { port, host, bounds, metrics: boundMetrics });
  const one = (header: string | string[] | undefined): string | undefined =>
    Array.isArray(header) ? header.join() : header;
  const isOverTls = (headers: IncomingHttpHeaders): boolean =>
    speaksTls(one(headers['x-forwarded-proto']), { publicUrl, trustedProxies });
  const cutSockets = attachSockets(server, {
    relay,
    sessions: auth.sessions,
    isOwnOrigin: (origin, { headers }) =>
      isOwnOrigin(origin, { publicUrl, host: headers.host, secure: isOverTls(headers) }),
    cookieToken: ({ headers }) => cookieToken(headers.cookie, isOverTls(headers)),
    guests: {
      sessions: auth.guests,
      cookieToken: ({ headers }) => guestCookieToken(headers.cookie, isOverTls(headers)),
    },
    networkOf: ({ socket, headers }) =>
      networkBehind(socket.remoteAddress, one(headers['x-forwarded-for']), trustedProxies),
    bounds,
    metrics: relayMetrics,
    log,
  });
  stopOnSignals(async () => {
    cards.stop();
    push.stop();
    webhooks.stop();
    const closed = close(server, patience, cutSockets);
    await relay.stop();
    await closed;
    removeRelayFile(config.data);
    workspace.close();
  }, log);

  void relay.history.tend();
  setInterval(() => void relay.history.tend(), day).unref();

  writeRelayFile(config.data, address, operatorSecret);
  const url = publicUrl ?? address;
  announce(log, { url, listening: address }, `Weft is ready at ${url}`);
  const secret = auth.setup.link();
  if (secret !== null)
    announce(
      log,
      { setup: `${url}/setup#${secret}` },
      `Open ${url}/setup#${secret} to become the first administrator; the link works once`,
    );
}

// Hashes of passwords lie in the data folder: what the relay writes is for its user alone.
process.umask(0o077);

const read = readConfig(process.env);
if (!read.ok) refuseToStart(read.error);
const { config, warnings } = read.value;
const log = pino({
  level: config.logLevel,
  base: null,
  formatters: { level: (label) => ({ level: label }) },
});
for (const warning of warnings) log.warn({}, warning);
const die = (error: unknown): never => {
  log.fatal({ err: error }, 'the relay failed and ends');
  process.exit(1);
};
process.on('uncaughtException', die);
process.on('unhandledRejection', die);
run(config, log).catch((error: unknown) =>
  error instanceof FolderError || error instanceof ListenError ? refuseToStart(error.message) : die(error),
);
