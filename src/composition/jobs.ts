/** The service that runs jobs: its lanes, each a number of jobs at once and the tasks that run there. */
import { randomBytes } from "node:crypto";
import { enqueueOwnedSweep } from "../domain/door/access/index.ts";
import { enqueuePruning } from "../domain/fleet/retention/index.ts";
import { podsWithQueued } from "../domain/transit/deliveries/index.ts";
import { createWebhookClient } from "../egress/http/webhook-client.ts";
import { type Lane, startJobRunner } from "../storage/job-runner.ts";
import { openProcessLocks } from "../storage/process-locks.ts";
import { v0 } from "../transport/http/v0/index.ts";
import { VERSION } from "../version.ts";
import { createOutboundDelivery } from "../workers/deliver-outbound.ts";
import { createWebhookDelivery, type WebhookDelivery } from "../workers/deliver-webhook.ts";
import {
  BUSY_WEBHOOKS,
  FAST_WEBHOOKS,
  LOCAL_JOBS,
  PODS_DELIVERED,
  SLOW_WEBHOOKS,
} from "../workers/limits.ts";
import { pruneTask } from "../workers/prune.ts";
import { sweepBlobsTask } from "../workers/sweep-blobs.ts";
import { sweepOwnedTask } from "../workers/sweep-owned.ts";
import type { Core } from "./core.ts";
import { watchDue } from "./due.ts";
import { type Started, together } from "./started.ts";

function lanesOf(core: Core, webhooks: WebhookDelivery): Lane[] {
  const { config, database } = core;
  return [
    { concurrency: FAST_WEBHOOKS, tasks: { deliver_webhook: webhooks.fast } },
    { concurrency: BUSY_WEBHOOKS, hasQueues: true, tasks: { deliver_webhook_busy: webhooks.busy } },
    { concurrency: SLOW_WEBHOOKS, hasQueues: true, tasks: { deliver_webhook_slow: webhooks.slow } },
    // Only the database works on these: they never wait for another server.
    {
      concurrency: LOCAL_JOBS,
      tasks: {
        sweep_blobs: sweepBlobsTask(core),
        sweep_homes: sweepOwnedTask(database),
        prune: pruneTask({ ...core, retention: config.retention }),
      },
    },
  ];
}

/** Advisory locks of pods whose copies a process delivers; arbitrary but fixed. */
const COPY_LOCKS = 1_907_001;

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
  await enqueuePruning(core.database);
  const runner = await startJobRunner(engine, lanesOf(core, webhooks), {
    log,
    id: newId(),
    now: clock.now(),
    random: randomBytes,
  });
  const locks = openProcessLocks(engine, COPY_LOCKS);
  const copies = createOutboundDelivery({ ...core, locks, hostedDomain: config.domain }, PODS_DELIVERED);
  const stopWatching = await watchDue(
    engine,
    { copies: { wake: copies.wake, find: () => podsWithQueued(core.database) } },
    warn,
  );
  const stop = async (): Promise<void> => {
    await stopWatching();
    // Together: the runner waits for its jobs, and those for the endpoints.
    await together([() => runner.stop(), () => webhooks.stop(), () => copies.stop()]);
    await locks.close();
  };
  return { port: null, stop };
}
