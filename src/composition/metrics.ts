/**
 * What Prometheus is told. No label names a tenant, an address or a domain: labels come from closed lists of ours. Counters are this
 * process's; what waits is read from the database, the same in every process. See docs/guides/monitoring.md.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { type QueueDepth, readQueueDepths } from "../domain/fleet/queues/index.ts";
import type { Receiver } from "../domain/transit/arrivals/index.ts";
import type { Clock } from "../lib/clock.ts";
import type { PoolUse } from "../storage/connections.ts";
import type { Database } from "../storage/db.ts";
import type { RequestObserved } from "../transport/http/observe.ts";
import type { SmtpParts } from "../transport/smtp/server.ts";
import type { SendOutboundParts } from "../workers/outbound/send-outbound.ts";
import type { WebhookAttemptParts } from "../workers/webhook-attempt.ts";
import { createCachedReading } from "./cached-reading.ts";
import type { JudgeParts } from "./judge-mail.ts";

export interface MetricsParts {
  readonly clock: Clock;
  readonly version: string;
  readonly pools: () => readonly PoolUse[];
  /** Has what waits. */
  readonly database: Database;
  readonly warn: (reason: string, error: unknown) => void;
}

export interface Metrics {
  readonly onRequest: (request: RequestObserved) => void;
  readonly onRefused: NonNullable<SmtpParts["onRefused"]>;
  readonly onRecorded: NonNullable<SendOutboundParts["onRecorded"]>;
  readonly onAttempt: NonNullable<WebhookAttemptParts["onAttempt"]>;
  readonly onFiltered: JudgeParts["onFiltered"];
  /** The same receiver, whose mails are counted and timed. */
  measured(receiver: Receiver): Receiver;
  /** What is answered to a scrape, with its media type. */
  scrape(): Promise<{ readonly type: string; readonly text: string }>;
}

/** Seconds. A mail is stored in some 3 ms; judging one may take 1.5 s, a locked row 30 s. */
const INGEST_BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const REQUEST_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
/** The first attempt comes within milliseconds, the last one after a day. */
const WEBHOOK_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5, 30, 300, 3600, 21_600, 90_000];

/** Milliseconds between two looks at the delay of the event loop: a hundred a second would be work of its own. */
const LOOP_PRECISION_MS = 20;

export function createMetrics(parts: MetricsParts): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_PRECISION_MS });
  gaugeProcess(registry, parts);
  gaugeQueues(registry, parts);
  return {
    ...countersOf(registry),
    onFiltered: filterCounter(registry),
    measured: (receiver) => measured(registry, parts.clock, receiver),
    scrape: async () => ({ type: registry.contentType, text: await registry.metrics() }),
  };
}

function countersOf(
  registry: Registry,
): Pick<Metrics, "onRequest" | "onRefused" | "onRecorded" | "onAttempt"> {
  const registers = [registry];
  const requests = new Counter({
    name: "rookery_http_requests_total",
    help: "HTTP requests answered, by route and status.",
    labelNames: ["method", "route", "status"],
    registers,
  });
  const durations = new Histogram({
    name: "rookery_http_request_seconds",
    help: "Time to answer HTTP requests, by dialect.",
    labelNames: ["dialect"],
    buckets: REQUEST_BUCKETS,
    registers,
  });
  const refused = new Counter({
    name: "rookery_smtp_refused_total",
    help: "Recipients (RCPT) and mails (DATA) refused on arrival, by SMTP reply.",
    labelNames: ["command", "code", "enhanced_code"],
    registers,
  });
  const recorded = new Counter({
    name: "rookery_outbound_attempts_total",
    help: "Attempts at other servers by the state of the delivery after each; captured: kept here.",
    labelNames: ["state"],
    registers,
  });
  const attempts = new Counter({
    name: "rookery_webhook_attempts_total",
    help: "Attempts at webhook endpoints by what came of them.",
    labelNames: ["verdict"],
    registers,
  });
  const delays = new Histogram({
    name: "rookery_webhook_delivery_seconds",
    help: "Time from an event to the answer of the endpoint that took it.",
    buckets: WEBHOOK_BUCKETS,
    registers,
  });
  return {
    onRequest({ method, route, status, ms }) {
      requests.inc({ method, route, status });
      durations.observe({ dialect: route.split("/", 2)[1] ?? "" }, ms / 1000);
    },
    onRefused: (command, { responseCode, message }) =>
      refused.inc({ command, code: responseCode, enhanced_code: message.split(" ", 1)[0] ?? "" }),
    onRecorded: (state) => recorded.inc({ state }),
    onAttempt(verdict, afterMs) {
      attempts.inc({ verdict });
      if (verdict === "delivered") delays.observe(afterMs / 1000);
    },
  };
}

function filterCounter(registry: Registry): Metrics["onFiltered"] {
  const checks = new Counter({
    name: "rookery_rspamd_checks_total",
    help: "Mails that rspamd was asked about: answered, skipped by its settings, or failed.",
    labelNames: ["result"],
    registers: [registry],
  });
  return (result) => checks.inc({ result });
}

function measured(registry: Registry, clock: Clock, receiver: Receiver): Receiver {
  const registers = [registry];
  const accepted = new Counter({
    name: "rookery_mail_accepted_total",
    help: "Mails stored in at least one inbox: from other servers, and sent by inboxes here.",
    labelNames: ["from"],
    registers,
  });
  const seconds = new Histogram({
    name: "rookery_ingest_seconds",
    help: "Time to judge, read and commit a mail.",
    labelNames: ["from"],
    buckets: INGEST_BUCKETS,
    registers,
  });
  return {
    ...receiver,
    async receive(mail) {
      const from = mail.sent === undefined ? "elsewhere" : "here";
      const beganMs = clock.monotonicMs();
      const received = await receiver.receive(mail);
      seconds.observe({ from }, (clock.monotonicMs() - beganMs) / 1000);
      if (received.stored.size > 0) accepted.inc({ from });
      return received;
    },
  };
}

function gaugeProcess(registry: Registry, { version, pools }: MetricsParts): void {
  const registers = [registry];
  new Gauge({
    name: "rookery_info",
    help: "1, with the version.",
    labelNames: ["version"],
    registers,
  }).set({ version }, 1);
  new Gauge({
    name: "rookery_pool_connections",
    help: "Connections to PostgreSQL: how many there may be, those that are open, and of these idle; and callers that wait for one.",
    labelNames: ["role", "state"],
    registers,
    collect() {
      for (const { role, ...use } of pools())
        for (const [state, value] of Object.entries(use)) this.set({ role, state }, value);
    },
  });
}

/** What is said of the rows of one queue in one lane and state. */
const QUEUE_GAUGES = [
  {
    name: "rookery_queue_depth",
    help: "Rows that wait, by queue, lane and state.",
    reads: ({ count }: QueueDepth) => count,
  },
  {
    name: "rookery_queue_age_seconds",
    help: "Time since the oldest of these rows was put there.",
    reads: ({ ageSeconds }: QueueDepth) => ageSeconds,
  },
  {
    name: "rookery_queue_lag_seconds",
    help: "Time for which one of these rows was due and not worked on; 0: none.",
    reads: ({ lagSeconds }: QueueDepth) => lagSeconds,
  },
] as const;

/** Each asks for the one reading: they are collected all at once. When it fails, they say nothing. */
function gaugeQueues(registry: Registry, { clock, database, warn }: MetricsParts): void {
  const registers = [registry];
  const reading = createCachedReading(
    async () =>
      readQueueDepths(database).catch((error: unknown) => {
        warn("what waits could not be counted for a scrape", error);
        return null;
      }),
    () => clock.monotonicMs(),
  );
  for (const { name, help, reads } of QUEUE_GAUGES)
    new Gauge({
      ...{ name, help, registers },
      labelNames: ["queue", "lane", "state"],
      async collect() {
        const found = await reading();
        this.reset();
        for (const depth of found ?? []) {
          const { queue, lane, state } = depth;
          this.set({ queue, lane, state }, reads(depth));
        }
      },
    });
  new Gauge({
    name: "rookery_queue_reading_up",
    help: "1 when what waits could be counted; 0: nothing is said of the queues.",
    registers,
    async collect() {
      this.set((await reading()) === null ? 0 : 1);
    },
  });
}
