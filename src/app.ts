/** Composition root: the only file that constructs everything. Parts start in the order written and stop in reverse. */
import { randomBytes } from "node:crypto";
import { lookup } from "node:dns/promises";
import { availableParallelism } from "node:os";
import type { Config } from "./config.ts";
import { createAuthenticator, enqueueHomeSweep, KEY_CHANNEL } from "./domain/door/access/index.ts";
import type { Installation, Lent } from "./domain/door/context.ts";
import { createDoor, type DoorParts } from "./domain/door/door.ts";
import type { Warn } from "./domain/door/failures.ts";
import { withUnavailability } from "./domain/door/unavailable.ts";
import { MAX_MIME_THREADS } from "./domain/limits.ts";
import { createReceiver } from "./domain/transit/arrivals/index.ts";
import type { DeliverParts } from "./domain/transit/deliveries/index.ts";
import { createFileFetcher } from "./egress/http/fetch-files.ts";
import { createWebhookClient } from "./egress/http/webhook-client.ts";
import { install } from "./installation.ts";
import { type Clock, systemClock } from "./lib/clock.ts";
import type { Log } from "./lib/log.ts";
import { createSealer } from "./lib/seal.ts";
import { createIdSource } from "./lib/uuid.ts";
import { createMimePool } from "./mime-pool/mime-pool.ts";
import { type Certificate, makeSelfSigned } from "./protocols/x509/self-signed.ts";
import { listenFailure } from "./start-error.ts";
import { openDatabase } from "./storage/db.ts";
import type { Engine } from "./storage/engines/engine.ts";
import { openEngine } from "./storage/engines/open-engine.ts";
import { startJobRunner } from "./storage/job-runner.ts";
import { listen } from "./storage/listen.ts";
import { migrate } from "./storage/migrate.ts";
import { readCertificate } from "./tls-certificate.ts";
import { createHttpApp, type HttpParts } from "./transport/http/app.ts";
import { startHttpServer } from "./transport/http/server.ts";
import { v0 } from "./transport/http/v0/index.ts";
import { createSmtpServer } from "./transport/smtp/server.ts";
import { VERSION } from "./version.ts";
import { createOutboundDelivery } from "./workers/deliver-outbound.ts";
import { createWebhookDelivery, type DeliverWebhookParts } from "./workers/deliver-webhook.ts";
import { sweepBlobsTask } from "./workers/sweep-blobs.ts";
import { sweepHomesTask } from "./workers/sweep-homes.ts";

/** Webhooks told at once in the lane of first attempts; they mostly wait for other people's servers. */
const FAST_WEBHOOKS = 32;
/** In the lane of bursts: eight endpoints, each of which has two at most. */
const BUSY_WEBHOOKS = 16;
/** In the lane of failing endpoints, each of which holds a slot for the whole timeout. */
const SLOW_WEBHOOKS = 32;
/** Jobs at once that only the database works on: more would only wait inside it. */
const LOCAL_JOBS = 8;
/** Pods at once whose backlog is delivered: those that send more than their share. */
const BACKLOGS = 4;
/** Connections of each of the two pools: more than run at once on a few cores only wait inside PostgreSQL instead of here. */
const POOL_CONNECTIONS = 16;

/** A running Rookery. Ports are null for services that it does not run. */
export interface Running {
  readonly httpPort: number | null;
  readonly smtpPort: number | null;
  /** Null: this process holds no root key that is in force. */
  readonly rootKey: string | null;
  /** Path of the file with the root key; null when the setting gave the key, or there is none. */
  readonly keyFile: string | null;
  readonly rootKeyIsNew: boolean;
  readonly engine: Engine;
  stop(): Promise<void>;
}

/** What tests bring along instead of the machine's own. */
export interface Surroundings {
  readonly log: Log;
  readonly clock?: Clock;
  /** What the HTTP API speaks; the first answers for paths that belong to none. */
  readonly dialects?: HttpParts["dialects"];
  /** Told of failures that their operation does not declare; an installation lets them pass. */
  readonly onUndeclared?: NonNullable<DoorParts["onUndeclared"]>;
  /** Addresses of a host name. */
  readonly resolve?: (host: string) => Promise<string[]>;
}

const resolveHost = async (host: string): Promise<string[]> =>
  (await lookup(host, { all: true })).map(({ address }) => address);

/** Starts the services that the settings name. When one cannot start, those before it are stopped and the reason thrown. */
export async function startApp(config: Config, surroundings: Surroundings): Promise<Running> {
  const stops: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    const failures: unknown[] = [];
    // A part that cannot stop must not keep those before it running: the database is the last.
    for (const part of stops.splice(0).reverse())
      await part().catch((error: unknown) => void failures.push(error));
    if (failures.length > 0) throw new AggregateError(failures, "some parts did not stop in order");
  };
  try {
    return { ...(await startServices(config, surroundings, (part) => void stops.push(part))), stop };
  } catch (error) {
    await stop().catch((failure: unknown) => surroundings.log.warn({ error: failure }, "stopping failed"));
    throw error;
  }
}

async function startServices(
  config: Config,
  surroundings: Surroundings,
  onStop: (part: () => Promise<unknown>) => void,
): Promise<Omit<Running, "stop">> {
  const { log, clock = systemClock, resolve = resolveHost, dialects = [v0] } = surroundings;
  const newId = createIdSource(() => clock.now().getTime(), randomBytes);
  // Made while PostgreSQL starts: loading what makes it takes 100 ms.
  const certificate = config.services.has("smtp") ? certificateOf(config, clock.now(), log) : null;
  certificate?.catch(() => undefined);
  const engine = await openEngine(config, (line) => log.info({}, line));
  onStop(() => engine.stop());
  await migrate(engine);
  const database = withUnavailability(openDatabase(engine, POOL_CONNECTIONS), warnIn(log));
  onStop(() => database.close());
  const installed = await install(config, { database, newId, now: clock.now(), log });
  log.info(
    { organizationId: installed.organizationId, engine: engine.name, postgres: engine.version },
    "database ready",
  );
  const { allowPrivateTargets: allowPrivate } = config;
  const fetcher = createFileFetcher({ allowPrivate, resolve, userAgent: `Rookery/${VERSION}` });
  onStop(async () => fetcher.close());
  const threads = Math.max(1, Math.min(MAX_MIME_THREADS, availableParallelism() - 1));
  const mimeCodec = createMimePool({ warn: warnIn(log), threads });
  onStop(() => mimeCodec.close());
  const core = createCore(config, {
    database,
    clock,
    newId,
    log,
    outside: { files: fetcher.fetchFiles },
    ...(surroundings.onUndeclared !== undefined && { onUndeclared: surroundings.onUndeclared }),
    mimeCodec,
    sealKey: installed.sealKey,
  });
  onStop(await listenForKeys(engine, core));
  if (config.services.has("worker"))
    onStop(await startWorker(config, surroundings, { ...core, engine, newId }));
  const listeners: (() => Promise<unknown>)[] = [];
  onStop(() => together(listeners));
  const onListen = (stop: () => Promise<unknown>): void => void listeners.push(stop);
  const smtpPort =
    certificate === null ? null : await startSmtp(config, core, { log, clock }, await certificate, onListen);
  const httpPort = config.services.has("http")
    ? await startHttp(config, { ...core, log, newId, dialects }, onListen)
    : null;
  return {
    httpPort,
    smtpPort,
    engine,
    rootKey: installed.rootKey,
    keyFile: installed.keyFile,
    rootKeyIsNew: installed.rootKeyIsNew,
  };
}

/** Stops them at the same time. @throws when one cannot, after all have ended */
async function together(stops: readonly (() => Promise<unknown>)[]): Promise<void> {
  const ends = await Promise.allSettled(stops.map((stop) => stop()));
  const failures = ends.flatMap((end) => (end.status === "rejected" ? [end.reason] : []));
  if (failures.length > 0) throw new AggregateError(failures, "some parts did not stop in order");
}

/** Tells the log of what was lost and may be. */
const warnIn =
  (log: Log): Warn =>
  (reason, error) =>
    log.warn({ error }, reason);

function createCore(
  config: Config,
  parts: Pick<DoorParts, "database" | "clock" | "outside" | "onUndeclared"> &
    Pick<Lent, "newId" | "mimeCodec"> & { log: Log; sealKey: Buffer },
) {
  const { database, clock, newId, log, outside, mimeCodec } = parts;
  const installation: Installation = {
    domain: config.domain,
    mailHost: config.domain,
    displayName: "Rookery",
    maxMessageBytes: config.maxMessageBytes,
    allowPrivateTargets: config.allowPrivateTargets,
  };
  const sealer = createSealer(parts.sealKey);
  const authenticator = createAuthenticator(database, clock, warnIn(log));
  const door = createDoor({
    database,
    clock,
    outside,
    forgetKey: authenticator.forget,
    ...(parts.onUndeclared !== undefined && { onUndeclared: parts.onUndeclared }),
    lent: { newId, random: randomBytes, sealer, mimeCodec, installation },
  });
  const receiver = createReceiver({ database, clock, newId, mailHost: installation.mailHost, mimeCodec });
  return { database, clock, sealer, installation, door, authenticator, receiver };
}

type Core = ReturnType<typeof createCore>;

function listenForKeys(engine: Engine, { authenticator }: Core): Promise<() => Promise<void>> {
  return listen(engine, {
    channel: KEY_CHANNEL,
    onNotice: (keyId) => authenticator.forget(keyId === "" ? null : keyId),
    onState: (connected) => authenticator.listening(connected),
  });
}

async function startWorker(
  config: Config,
  { log, resolve = resolveHost }: Surroundings,
  core: Core & { engine: Engine; newId: () => string },
): Promise<() => Promise<void>> {
  const { door, database, clock, receiver, newId, sealer, engine } = core;
  const client = createWebhookClient({
    allowPrivate: config.allowPrivateTargets,
    resolve,
    userAgent: `Rookery-Webhooks/${VERSION}`,
    now: () => clock.monotonicMs(),
  });
  const deliver: DeliverParts = { door, database, receiver, clock, hostedDomain: config.domain };
  const parts: DeliverWebhookParts = {
    database,
    clock,
    newId,
    sealer,
    client,
    random: randomBytes,
    format: v0.webhooks,
    warn: warnIn(log),
  };
  const webhooks = createWebhookDelivery(parts, FAST_WEBHOOKS);
  const outbound = createOutboundDelivery(deliver, LOCAL_JOBS);
  const lanes = [
    { concurrency: FAST_WEBHOOKS, tasks: { deliver_webhook: webhooks.fast } },
    { concurrency: BUSY_WEBHOOKS, hasQueues: true, tasks: { deliver_webhook_busy: webhooks.busy } },
    { concurrency: SLOW_WEBHOOKS, hasQueues: true, tasks: { deliver_webhook_slow: webhooks.slow } },
    // Our own database's work: never behind somebody's server.
    {
      concurrency: LOCAL_JOBS,
      tasks: {
        deliver_outbound: outbound.fast,
        sweep_blobs: sweepBlobsTask(core),
        sweep_homes: sweepHomesTask(database),
      },
    },
    { concurrency: BACKLOGS, hasQueues: true, tasks: { deliver_outbound_busy: outbound.backlog } },
  ];
  await enqueueHomeSweep(database);
  const queue = await startJobRunner(engine, lanes, {
    log,
    id: newId(),
    now: clock.now(),
    random: randomBytes,
  });
  // Together: the queue waits for its jobs, and those for the endpoints.
  return () => together([() => queue.stop(), () => webhooks.stop()]);
}

/** The operator's certificate; otherwise one that lives as long as this process. */
async function certificateOf(config: Config, now: Date, log: Log): Promise<Certificate> {
  const hostname = config.domain;
  if (config.tls === null) return makeSelfSigned(hostname, now);
  const onWarning = (reason: string, file: string): void =>
    log.warn({ reason, file }, "STARTTLS certificate should be replaced");
  return readCertificate({ ...config.tls, hostname, now, onWarning });
}

async function startSmtp(
  config: Config,
  core: Core,
  { log, clock }: { readonly log: Log; readonly clock: Clock },
  certificate: Certificate,
  onStop: (part: () => Promise<unknown>) => void,
): Promise<number> {
  const hostname = core.installation.mailHost;
  const server = createSmtpServer({
    receiver: core.receiver,
    host: config.host,
    port: config.smtpPort,
    hostname,
    maxMessageBytes: config.maxMessageBytes,
    maxConnections: config.smtpMaxConnections,
    clock,
    log,
    certificate,
  });
  const { port } = await server.start().catch((error: unknown) => {
    throw listenFailure(error, { setting: "ROOKERY_SMTP_PORT", host: config.host, port: config.smtpPort });
  });
  onStop(() => server.stop());
  return port;
}

async function startHttp(
  config: Config,
  core: Core & Pick<HttpParts, "log" | "newId" | "dialects">,
  onStop: (part: () => Promise<unknown>) => void,
): Promise<number> {
  const app = createHttpApp({
    ...core,
    version: VERSION,
    publicUrl: config.publicUrl,
    download: core,
    checkReady: async () => void (await core.receiver.resolve(`postmaster@${config.domain}`)),
  });
  const { host, httpPort: port } = config;
  const { clock, newId } = core;
  const [dialect] = core.dialects;
  const server = await startHttpServer(app, { host, port, clock, newId, dialect }).catch((error: unknown) => {
    throw listenFailure(error, { setting: "ROOKERY_HTTP_PORT", host, port });
  });
  onStop(() => server.stop());
  return server.port;
}
