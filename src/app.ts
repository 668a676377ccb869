/** Composition root: constructs everything. Parts start in the order written and stop in reverse. */
import { randomBytes } from "node:crypto";
import { createCore, listenForKeys } from "./composition/core.ts";
import { descriptorLimit, placesFor } from "./composition/descriptors.ts";
import { startJobs } from "./composition/jobs.ts";
import { rspamdOf } from "./composition/judge-mail.ts";
import { certificateOf, startHttp, startSmtp, startSubmission } from "./composition/listeners.ts";
import { openLoop, watchCollections } from "./composition/loop.ts";
import { memoryBounds, readMemory } from "./composition/memory.ts";
import { createMetrics } from "./composition/metrics.ts";
import { type Started, together } from "./composition/started.ts";
import type { Config } from "./config.ts";
import type { DoorParts } from "./domain/door/door.ts";
import { mayFail, type Warn } from "./domain/door/failures.ts";
import { withUnavailability } from "./domain/door/unavailable.ts";
import type { ExtractParts } from "./domain/mail/blobs/index.ts";
import { createRecordLookUp } from "./egress/dns/record-look-up.ts";
import { createResolver, type Resolver } from "./egress/dns/resolver.ts";
import { createFileFetcher } from "./egress/http/fetch-files.ts";
import { install } from "./installation.ts";
import { type Clock, systemClock } from "./lib/clock.ts";
import type { Log } from "./lib/log.ts";
import { settlesWithin } from "./lib/settles-within.ts";
import { createIdSource } from "./lib/uuid.ts";
import { createDocumentPool } from "./mime-pool/document-pool.ts";
import { createMimePool, type MimePool } from "./mime-pool/mime-pool.ts";
import type { ServiceName } from "./setting-schemas.ts";
import { openDatabase } from "./storage/db.ts";
import type { Engine } from "./storage/engines/engine.ts";
import { openEngine } from "./storage/engines/open-engine.ts";
import { requireIsolation } from "./storage/isolation.ts";
import { migrate } from "./storage/migrate.ts";
import type { HttpParts } from "./transport/http/app.ts";
import { v0 } from "./transport/http/v0/index.ts";
import { v3 } from "./transport/http/v3/index.ts";
import { VERSION } from "./version.ts";
import { createDkimKeys } from "./workers/dkim-keys.ts";
import { createDocumentTexts } from "./workers/document-texts.ts";
import { createPasswordHashes } from "./workers/password-hashes.ts";

/** Connections of each of the two pools: more than run at once on a few cores only wait inside PostgreSQL instead of here. */
const POOL_CONNECTIONS = 16;
/** Of those, the ones that are there from the start on: what one tenant may hold, and two for others beside it. Each takes some 3 MB of PostgreSQL's. */
const KEPT_CONNECTIONS = 10;
/**
 * Milliseconds after the start before they are opened. Until then whoever needs one opens it: what waited for a server that was away has the cores
 * first, and a process that does not live so long spares 0.2 s of CPU.
 */
const OPEN_AHEAD_MS = 5000;
/** What requests, mail and webhooks read and write every time, as far as both roles may read it: bytes are out of the reach of requests. */
const everydayTables = [
  ...(["organizations", "pods", "inboxes", "messages", "threads", "attachments", "list_entries"] as const),
  ...(["events", "webhooks", "webhook_deliveries", "outbound_deliveries", "audit"] as const),
];

/** A running Rookery. Ports are null for services that it does not run. */
export interface Running {
  readonly httpPort: number | null;
  readonly smtpPort: number | null;
  readonly submissionPort: number | null;
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
}

/** Starts the services that the settings name. When one cannot start, those before it are stopped and the reason thrown. */
export async function startApp(config: Config, surroundings: Surroundings): Promise<Running> {
  const stops: Stop[] = [];
  const stop = () => stopAll(stops.splice(0).reverse());
  try {
    return { ...(await startAll(config, surroundings, (part) => void stops.push(part))), stop };
  } catch (error) {
    await stop().catch((failure: unknown) => surroundings.log.warn({ error: failure }, "stopping failed"));
    throw error;
  }
}

/** Ends a part. @param leftMs for the one that cannot be left behind, PostgreSQL */
type Stop = (leftMs: number) => Promise<unknown>;

/** Milliseconds for all parts but PostgreSQL: as long as requests and mail may take to end, and as webhooks after them. */
const STOP_PARTS_MS = 8000;
/** Milliseconds after which PostgreSQL ends without writing out what the next start then recovers: below the ten seconds that containers are given. */
const STOP_MS = 9000;

/** Stops them one after the other. One that does not stop, whatever it waits for, is left behind, so that those before it stop. */
async function stopAll(parts: readonly Stop[]): Promise<void> {
  const began = performance.now();
  const leftOf = (ms: number): number => Math.max(0, began + ms - performance.now());
  const failures: unknown[] = [];
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const ended = part(leftOf(STOP_MS)).catch((error: unknown) => void failures.push(error));
    if (isLast) await ended;
    else if (!(await settlesWithin(leftOf(STOP_PARTS_MS), ended)))
      failures.push(new Error("a part did not stop in time"));
  }
  if (failures.length > 0) throw new AggregateError(failures, "some parts did not stop in order");
}

/** Starts the parts below all services, then the services. @param onStop takes what ends a part, in the order of starting */
async function startAll(
  config: Config,
  surroundings: Surroundings,
  onStop: (part: Stop) => void,
): Promise<Omit<Running, "stop">> {
  const { log, clock = systemClock, dialects = [v0, v3], onUndeclared } = surroundings;
  const warn = (reason: string, error: unknown): void => log.warn({ error }, reason);
  const bounds = memoryBounds(await readMemory(), config);
  const places = placesFor(await descriptorLimit(), config);
  const newId = createIdSource(() => clock.now().getTime(), randomBytes);
  // Made while PostgreSQL starts: loading what makes it takes 100 ms.
  const certificate = offersTls(config) ? certificateOf(config, clock.now(), log) : null;
  certificate?.catch(() => undefined);
  const engine = await openEngine({ ...config, bufferBytes: bounds.databaseBufferBytes }, (line) =>
    log.info({}, line),
  );
  onStop((leftMs) => engine.stop(leftMs));
  await migrate(engine);
  await requireIsolation(engine);
  const turns = openLoop(clock);
  const endWatch = watchCollections(turns, clock);
  onStop(async () => endWatch());
  const pooled = openDatabase(engine, POOL_CONNECTIONS, { kept: KEPT_CONNECTIONS, loop: turns });
  const database = withUnavailability(pooled, warn, clock);
  onStop(() => database.close());
  const installed = await install(config, { database, newId, now: clock.now(), log });
  const { organizationId, sealKey, rootKey, keyFile, rootKeyIsNew } = installed;
  log.info({ organizationId, engine: engine.name, postgres: engine.version }, "database ready");
  log.info({ ...bounds }, "bounds of memory");
  log.info({ ...places }, "connections at once");
  const { allowPrivateTargets: allowPrivate } = config;
  const resolver = createResolver({ servers: config.dnsServers, clock });
  onStop(async () => resolver.close());
  const { resolve, lookUp } = resolver;
  const fetcher = createFileFetcher({ allowPrivate, resolve, userAgent: `Rookery/${VERSION}` });
  onStop(async () => fetcher.close());
  const rspamd = rspamdOf(config, resolve);
  onStop(async () => rspamd?.close());
  const { mimeCodec, textOf } = startThreads(bounds, warn, onStop);
  const core = createCore(config, {
    ...{ database, engine, bounds, clock, newId, log, warn, mimeCodec, sealKey, organizationId, dialects },
    ...{ places, turns, resolve, lookUp, verifySignatures: mimeCodec.verifySignatures, rspamd },
    metrics: createMetrics({ clock, warn, version: VERSION, pools: pooled.pools, database }),
    outside: outsideOf(resolver, fetcher, { database, clock, textOf }),
    ...(onUndeclared !== undefined && { onUndeclared }),
  });
  onStop(await listenForKeys(core));
  const services: Services = {
    worker: () => startJobs(core),
    smtp: certificate === null ? null : async () => startSmtp(core, await certificate),
    submission: certificate === null ? null : async () => startSubmission(core, await certificate),
    http: () => startHttp(core),
  };
  const listening = await startServices(config, services, onStop);
  const openAhead = () =>
    mayFail("connections were not opened ahead", warn, () => pooled.fill(everydayTables));
  const timer = setTimeout(() => void openAhead(), OPEN_AHEAD_MS);
  onStop(async () => clearTimeout(timer));
  return { ...listening, engine, rootKey, keyFile, rootKeyIsNew };
}

/** Threads for large mail and for documents: started when there is work for them. */
function startThreads(
  { mimeThreads: threads, mimeHeapMegabytes: heapMegabytes }: ReturnType<typeof memoryBounds>,
  warn: Warn,
  onStop: (part: Stop) => void,
): Pick<ExtractParts, "textOf"> & { readonly mimeCodec: MimePool } {
  const mimeCodec = createMimePool({ warn, threads, heapMegabytes });
  const { textOf, close } = createDocumentPool(warn);
  onStop(() => Promise.all([mimeCodec.close(), close()]));
  return { mimeCodec, textOf };
}

/** Who does what operations want done outside the database. */
const outsideOf = (
  { lookUp }: Resolver,
  { fetchFiles }: ReturnType<typeof createFileFetcher>,
  texts: ExtractParts,
): DoorParts["outside"] => ({
  documentText: createDocumentTexts(texts),
  files: fetchFiles,
  dkimKeys: createDkimKeys(),
  records: createRecordLookUp(lookUp),
  passwordHash: createPasswordHashes(),
});

const offersTls = ({ services }: Config): boolean => services.has("smtp") || services.has("submission");

/** What starts each service; null for one that the settings leave out. */
type Services = Readonly<Record<ServiceName, (() => Promise<Started>) | null>>;

/** Starts those that the settings name: jobs first, so that they outlive the listeners, which stop at the same time. */
async function startServices(
  { services: wanted }: Config,
  services: Services,
  onStop: (part: Stop) => void,
): Promise<Pick<Running, "httpPort" | "smtpPort" | "submissionPort">> {
  const start = async (name: keyof Services): Promise<Started | null> =>
    wanted.has(name) ? ((await services[name]?.()) ?? null) : null;
  const jobs = await start("worker");
  if (jobs !== null) onStop(() => jobs.stop());
  const listening: Started[] = [];
  onStop(() => together(listening.map((service) => () => service.stop())));
  const listen = async (name: "smtp" | "submission" | "http"): Promise<number | null> => {
    const service = await start(name);
    if (service !== null) listening.push(service);
    return service?.port ?? null;
  };
  return {
    smtpPort: await listen("smtp"),
    submissionPort: await listen("submission"),
    httpPort: await listen("http"),
  };
}
