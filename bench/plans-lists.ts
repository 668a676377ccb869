/**
 * `node bench/plans-lists.ts [folder]`: lists by label, lists of drafts, of events of labels, and metrics, at a million messages, drafts and events each, 300,000 of them in one inbox. The
 * operations run through the door at inbox, pod and organization; the statements that they send are explained as they were sent.
 */
import type { At } from "../src/domain/door/targets.ts";
import { listLabelEvents } from "../src/domain/mail/label-events/index.ts";
import { listMessages } from "../src/domain/mail/messages/index.ts";
import { listThreads } from "../src/domain/mail/threads/index.ts";
import { listDrafts } from "../src/domain/transit/drafts/index.ts";
import { queryEvents, queryUsage } from "../src/domain/transit/metrics/index.ts";
import { allDrafts, allMessages, allThreads, firstPage } from "../test/support/lists.ts";
import { openDoorOn } from "../test/support/test-door.ts";
import { madeIds } from "./plans-data.ts";
import { type PlansDatabase, withPlansDatabase } from "./plans-database.ts";
import { fillLists, KEY } from "./plans-lists-data.ts";
import { measure, noteStatements, type Parts, TABLE_HEAD } from "./plans-operation.ts";

const CONNECTIONS = 2;

async function measureAll(
  parts: Parts,
  { pod, address }: { readonly pod: string; readonly address: string },
) {
  const ofInbox: At = { inbox: address };
  const ofPod: At = { pod };
  const ofAll: At = {};
  console.log(TABLE_HEAD);
  for (const label of ["rare", "recent", "nobody's", "unread"]) {
    const labels = [label];
    await measure(parts, `messages: ${label}`, listMessages, ofInbox, { ...allMessages, labels });
    for (const at of [ofInbox, ofPod, ofAll])
      await measure(parts, `threads: ${label}`, listThreads, at, { ...allThreads, labels });
  }
  for (const labels of [[], ["rare"], ["recent"], ["half"], ["nobody's"]])
    for (const at of [ofInbox, ofPod, ofAll])
      await measure(parts, `drafts: ${labels[0] ?? "all"}`, listDrafts, at, { ...allDrafts, labels });
  await measure(parts, "events of labels", listLabelEvents, ofInbox, firstPage);
  const { next } = await parts.t.run(KEY, listLabelEvents, ofInbox, { ...firstPage, size: 1000 });
  await measure(parts, "events of labels, the next page", listLabelEvents, ofInbox, {
    ...firstPage,
    after: next,
  });
  const day = 24 * 3600;
  const ago = (days: number): Date => new Date(Date.now() - days * day * 1000);
  for (const at of [ofInbox, ofPod, ofAll]) {
    await measure(parts, "metrics: a day by the hour", queryEvents, at, { start: ago(1), period: 3600 });
    await measure(parts, "metrics: 29 days by the day", queryEvents, at, { start: ago(29), period: day });
    await measure(parts, "usage now, and of 29 days", queryUsage, at, { start: ago(29), period: day });
  }
}

async function main({ engine, superuser, open }: PlansDatabase): Promise<void> {
  const { rows: drafts } = await superuser.query("select from drafts limit 1");
  if (drafts.length === 0) await fillLists(superuser);
  // Each run has a seal key of its own, which opens no secret of those that were filled in.
  await superuser.query("truncate webhooks cascade");
  await superuser.query("update installation set seal_canary = null, root_key_sha256 = null");
  const { pod } = await madeIds(superuser);
  const app = await open("rookery_owner", "-c role=rookery_app");
  const statements = noteStatements();
  const t = await openDoorOn(engine, CONNECTIONS);
  await measureAll({ t, app, statements, token: KEY }, { pod, address: "agent-0@rookery.localhost" });
  await t.close();
  await app.end();
}

await withPlansDatabase(main);
