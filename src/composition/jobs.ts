/** The service that runs jobs: its lanes, each a number of jobs at once and the tasks that run there. */
import { randomBytes } from "node:crypto";
import { enqueueOwnedSweep } from "../domain/door/access/index.ts";
import { enqueuePruning } from "../domain/fleet/retention/index.ts";
import { createWebhookClient } from "../egress/http/webhook-client.ts";
import { type Lane, startJobRunner } from "../storage/job-runner.ts";
import { v0 } from "../transport/http/v0/index.ts";
import { VERSION } from "../version.ts";
import { createOutboundDelivery } from "../workers/deliver-outbound.ts";
import { createWebhookDelivery, type WebhookDelivery } from "../workers/deliver-webhook.ts";
import { BACKLOGS, BUSY_WEBHOOKS, FAST_WEBHOOKS, LOCAL_JOBS, SLOW_WEBHOOKS } from "../workers/limits.ts";
import { pruneTask } from "../workers/prune.ts";
import { sweepBlobsTask } from "../workers/sweep-blobs.ts";
import { sweepOwnedTask } from "../workers/sweep-owned.ts";
import type { Core } from "./core.ts";
import { type Started, together } from "./started.ts";

function lanesOf(core: Core, webhooks: WebhookDelivery): Lane[] {
  const { config, database } = core;
  const outbound = createOutboundDelivery({ ...core, hostedDomain: config.domain }, LOCAL_JOBS);
  return [
    { concurrency: FAST_WEBHOOKS, tasks: { deliver_webhook: webhooks.fast } },
    { concurrency: BUSY_WEBHOOKS, hasQueues: true, tasks: { deliver_webhook_busy: webhooks.busy } },
    { concurrency: SLOW_WEBHOOKS, hasQueues: true, tasks: { deliver_webhook_slow: webhooks.slow } },
    // Only the database works on these: they never wait for another server.
    {
      concurrency: LOCAL_JOBS,
      tasks: {
        deliver_outbound: outbound.fast,
        sweep_blobs: sweepBlobsTask(core),
        sweep_homes: sweepOwnedTask(database),
        prune: pruneTask({ ...core, retention: config.retention }),
      },
    },
    { concurrency: BACKLOGS, hasQueues: true, tasks: { deliver_outbound_busy: outbound.backlog } },
  ];
}

export async function startJobs(core: Core): Promise<Started> {
  const { config, resolve, clock, newId, log, engine, warn } = core;
  const client = createWebhookClient({
    allowPrivate: config.allowPrivateTargets,
    resolve,
    userAgent: `Rookery-Webhooks/${VERSION}`,
    now: () => clock.monotonicMs(),
  });
  const webhooks = createWebhookDelivery(
    { ...core, client, random: randomBytes, format: v0.webhooks, warn },
    FAST_WEBHOOKS,
  );
  await enqueueOwnedSweep(core.database);
  await enqueuePruning(core.database, clock.now());
  const runner = await startJobRunner(engine, lanesOf(core, webhooks), {
    log,
    id: newId(),
    now: clock.now(),
    random: randomBytes,
  });
  // Together: the runner waits for its jobs, and those for the endpoints.
  return { port: null, stop: () => together([() => runner.stop(), () => webhooks.stop()]) };
}
