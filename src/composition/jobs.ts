/** The service that works behind requests: jobs, and deliveries of rows that are due. */
import { randomBytes } from "node:crypto";
import { enqueueOwnedSweep } from "../domain/door/access/index.ts";
import { enqueuePruning } from "../domain/fleet/retention/index.ts";
import { enqueueMissedLooks } from "../domain/mail/search/index.ts";
import { createWebhooksForward, podsWithDeliveries } from "../domain/notify/webhooks/index.ts";
import { enqueueRanking } from "../domain/tenancy/inboxes/index.ts";
import { createCopiesForward, podsWithQueued } from "../domain/transit/deliveries/index.ts";
import { createDraftLook } from "../domain/transit/drafts/index.ts";
import { createOutboundForward, createOutboundLook } from "../domain/transit/outbound/index.ts";
import { createWebhookClient } from "../egress/http/webhook-client.ts";
import { type Lane, startJobRunner } from "../storage/job-runner.ts";
import { openProcessLocks } from "../storage/process-locks.ts";
import { v0 } from "../transport/http/v0/index.ts";
import { VERSION } from "../version.ts";
import { checkDomainTask } from "../workers/check-domains.ts";
import { createOutboundDelivery } from "../workers/deliver-outbound.ts";
import { createWebhookDelivery } from "../workers/deliver-webhook.ts";
import { erasePodsTask } from "../workers/erase-pods.ts";
import { createMailIndexer } from "../workers/index-mail.ts";
import { indexMissedTask } from "../workers/index-missed.ts";
import {
  DOMAINS_CHECKED,
  FAILING_WEBHOOKS,
  LOCAL_JOBS,
  PODS_DELIVERED,
  WORKING_WEBHOOKS,
} from "../workers/limits.ts";
import { mailSignUpCodeTask } from "../workers/mail-sign-up-codes.ts";
import { moveTasks } from "../workers/move-inboxes.ts";
import { createOutboundSending } from "../workers/outbound/send-outbound.ts";
import { pruneTask } from "../workers/prune.ts";
import { rankInboxesTask } from "../workers/rank-inboxes.ts";
import { createDraftSending } from "../workers/send-drafts.ts";
import { sweepBlobsTask } from "../workers/sweep-blobs.ts";
import { sweepOwnedTask } from "../workers/sweep-owned.ts";
import { carrierOf, outboundLimitsOf } from "./carrier.ts";
import type { Core } from "./core.ts";
import { watchDue } from "./due.ts";
import { type Started, together } from "./started.ts";

function lanesOf(core: Core): Lane[] {
  const { config, database } = core;
  return [
    // Only the database works on these: they never wait for another server.
    {
      concurrency: LOCAL_JOBS,
      tasks: {
        sweep_blobs: sweepBlobsTask(core),
        sweep_homes: sweepOwnedTask(database),
        ...moveTasks(core),
        erase_pods: erasePodsTask(core),
        rank_inboxes: rankInboxesTask(database),
        index_missed: indexMissedTask(core),
        mail_sign_up_code: mailSignUpCodeTask(core),
        prune: pruneTask({ ...core, retention: config.retention, limits: config.limits }),
      },
    },
    // These wait for name servers.
    { concurrency: DOMAINS_CHECKED, tasks: { check_domain: checkDomainTask(core) } },
  ];
}

/** Advisory locks of pods whose copies and webhooks a process delivers, and whose drafts it sends, and of the index of mail; arbitrary but fixed. */
const [COPY_LOCKS, WEBHOOK_LOCKS, DRAFT_LOCKS, INDEX_LOCKS] = [
  1_907_001, 1_907_002, 1_907_003, 1_907_004,
] as const;

/** What delivers rows that are due, by the kind of its rows. */
function openDeliveries(core: Core) {
  const { config, resolve, clock, engine, metrics } = core;
  const client = createWebhookClient({
    allowPrivate: config.allowPrivateTargets,
    resolve,
    userAgent: `Rookery-Webhooks/${VERSION}`,
    now: () => clock.monotonicMs(),
  });
  const locks = {
    copies: openProcessLocks(engine, COPY_LOCKS),
    webhooks: openProcessLocks(engine, WEBHOOK_LOCKS),
    drafts: openProcessLocks(engine, DRAFT_LOCKS),
    index: openProcessLocks(engine, INDEX_LOCKS),
  };
  const webhooks = createWebhookDelivery(
    { ...core, ...metrics, client, locks: locks.webhooks, random: randomBytes, format: v0.webhooks },
    { working: WORKING_WEBHOOKS, failing: FAILING_WEBHOOKS },
  );
  const copies = createOutboundDelivery(
    { ...core, locks: locks.copies, hostedDomain: config.domain },
    PODS_DELIVERED,
  );
  const outbound = createOutboundSending({
    ...core,
    ...metrics,
    carrier: carrierOf(core),
    limits: outboundLimitsOf(config.outbound),
  });
  const drafts = createDraftSending({ ...core, locks: locks.drafts });
  const indexer = createMailIndexer({ ...core, locks: locks.index });
  const stop = async (): Promise<void> => {
    await together([webhooks, copies, outbound, drafts, indexer].map((one) => () => one.stop()));
    await together(Object.values(locks).map((own) => () => own.close()));
  };
  return { webhooks, copies, outbound, drafts, indexer, stop };
}

async function startDeliveries(core: Core): Promise<() => Promise<void>> {
  const { engine, warn, database } = core;
  const { webhooks, copies, outbound, drafts, indexer, stop } = openDeliveries(core);
  const wake = {
    copies: copies.wake,
    outbound: outbound.wake,
    webhooks: webhooks.wake,
    retries: webhooks.wakeFailing,
    drafts: drafts.wake,
  };
  const lookOutbound = createOutboundLook(database);
  const lookDrafts = createDraftLook(database);
  const bringForward = createForwardLook(core);
  const look = async (): Promise<void> => {
    indexer.wake();
    for (const podId of await podsWithQueued(database)) wake.copies(podId);
    for (const podId of await lookOutbound()) wake.outbound(podId);
    for (const podId of await lookDrafts()) wake.drafts(podId);
    for (const { podId, isFailing } of await podsWithDeliveries(database))
      wake[isFailing ? "retries" : "webhooks"](podId);
    await bringForward();
  };
  try {
    const stopWatching = await watchDue(engine, { wake, look, warn });
    return async () => {
      await stopWatching();
      await stop();
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Milliseconds between looks for what waits longer than it can: each reads what waits, by its index. */
const FORWARD_LOOK_MS = 60_000;

/** @returns brings forward what was put off while the database's clock was ahead, when it is time to look for that */
function createForwardLook({ database, clock, log }: Core): () => Promise<void> {
  const kinds = [createCopiesForward, createOutboundForward, createWebhooksForward].map((make) =>
    make(database),
  );
  let nextMs = Number.NEGATIVE_INFINITY;
  return async () => {
    if (clock.monotonicMs() < nextMs) return;
    let isMore = false;
    for (const bringForward of kinds) isMore = (await bringForward()) || isMore;
    nextMs = clock.monotonicMs() + (isMore ? 0 : FORWARD_LOOK_MS);
    if (isMore) log.warn({}, "deliveries waited for longer than they can: the database's clock went back");
  };
}

export async function startJobs(core: Core): Promise<Started> {
  const { clock, newId, log, engine, database } = core;
  await enqueueOwnedSweep(database);
  await enqueuePruning(database);
  await enqueueRanking(database);
  await enqueueMissedLooks(database);
  const stopDeliveries = await startDeliveries(core);
  try {
    const runner = await startJobRunner(engine, lanesOf(core), {
      log,
      id: newId(),
      now: clock.now(),
      random: randomBytes,
    });
    return { port: null, stop: () => together([() => runner.stop(), stopDeliveries]) };
  } catch (error) {
    await stopDeliveries();
    throw error;
  }
}
