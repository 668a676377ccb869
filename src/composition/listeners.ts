/** The services that listen: SMTP, submission and HTTP. */
import type { Config } from "../config.ts";
import { createHeapBudget } from "../lib/heap-budget.ts";
import type { Log } from "../lib/log.ts";
import { settlesWithin } from "../lib/settles-within.ts";
import { type Certificate, makeSelfSigned } from "../protocols/x509/self-signed.ts";
import { type ListenPlace, listenFailure } from "../start-error.ts";
import { readCertificate } from "../tls-certificate.ts";
import { createHttpApp, sharesOf } from "../transport/http/app.ts";
import { startHttpServer } from "../transport/http/server.ts";
import type { ListenerParts, SmtpListener } from "../transport/smtp/listener.ts";
import { createSmtpServer } from "../transport/smtp/server.ts";
import { createSubmissionServer } from "../transport/smtp/submission.ts";
import { VERSION } from "../version.ts";
import type { Core } from "./core.ts";
import { socketsOf } from "./sockets.ts";
import type { Started } from "./started.ts";

/** The operator's certificate; otherwise one that lives as long as this process. */
export async function certificateOf(config: Config, now: Date, log: Log): Promise<Certificate> {
  const hostname = config.domain;
  if (config.tls === null) return makeSelfSigned(hostname, now);
  const onWarning = (reason: string, file: string): void =>
    log.warn({ reason, file }, "STARTTLS certificate should be replaced");
  return readCertificate({ ...config.tls, hostname, now, onWarning });
}

/** @throws StartError when the port cannot be listened on */
export function startSmtp(core: Core, certificate: Certificate): Promise<Started> {
  const { config, receiver, returns, metrics } = core;
  const port = config.smtpPort;
  const { onRefused } = metrics;
  const parts = { ...listenerParts(core, certificate), receiver, returns, onRefused, port };
  const server = createSmtpServer(parts);
  return startListener(server, { setting: "ROOKERY_SMTP_PORT", host: config.host, port });
}

/** @throws StartError when the port cannot be listened on */
export function startSubmission(core: Core, certificate: Certificate): Promise<Started> {
  const { config, submitter } = core;
  const port = config.submissionPort;
  const server = createSubmissionServer({ ...listenerParts(core, certificate), submitter, port });
  return startListener(server, { setting: "ROOKERY_SUBMISSION_PORT", host: config.host, port });
}

const listenerParts = (core: Core, certificate: Certificate): Omit<ListenerParts, "port"> => ({
  host: core.config.host,
  hostname: core.installation.mailHost,
  maxMessageBytes: core.config.maxMessageBytes,
  budget: core.mailBudget,
  known: core.knownSenders,
  maxConnections: core.places.smtp,
  proxies: core.config.smtpProxies,
  clock: core.clock,
  turns: core.turns,
  log: core.log,
  certificate,
});

async function startListener(server: SmtpListener, place: ListenPlace): Promise<Started> {
  const { port } = await server.start().catch((error: unknown) => {
    throw listenFailure(error, place);
  });
  return { port, stop: () => server.stop() };
}

/** Milliseconds in which a process that can serve says so: balancers ask every few seconds, and give up after as many. */
const READY_MS = 1500;

/** @throws StartError when the port cannot be listened on */
export async function startHttp(core: Core): Promise<Started> {
  const { config, clock, newId, dialects, receiver, bounds, turns } = core;
  const memory = { ...bounds, heap: createHeapBudget(bounds.heapBytes) };
  const maxConnections = core.places.http;
  const shares = sharesOf({ memory, clock, turns, proxies: config.httpProxies, maxConnections });
  const app = createHttpApp({
    ...core,
    version: VERSION,
    memory,
    shares,
    publicUrl: config.publicUrl,
    download: core,
    onRequest: core.metrics.onRequest,
    metrics: { organizationId: core.organizationId, scrape: core.metrics.scrape },
    proxies: config.httpProxies,
    async checkReady() {
      // What every mail begins with: a look-up in the database.
      if (!(await settlesWithin(READY_MS, receiver.resolve(`@${config.domain}`))))
        throw new Error(`the database did not answer within ${READY_MS} ms`);
    },
  });
  const { host, httpPort: port } = config;
  const [dialect] = dialects;
  const sockets = socketsOf(core, shares);
  const server = await startHttpServer(app, {
    host,
    port,
    clock,
    newId,
    dialect,
    turns,
    places: shares.places,
    endLate: shares.endLate,
    maxSockets: core.places.sockets,
    ...(sockets !== null && { sockets }),
  }).catch((error: unknown) => {
    throw listenFailure(error, { setting: "ROOKERY_HTTP_PORT", host, port });
  });
  return { port: server.port, stop: () => server.stop() };
}
