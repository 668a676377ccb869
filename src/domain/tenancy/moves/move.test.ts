import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { allDrafts, firstPage } from "../../../../test/support/lists.ts";
import { rowsOf } from "../../../../test/support/rows-of.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { createListEntry, listListEntries } from "../../guardrails/lists/index.ts";
import { sweepBlobs } from "../../mail/blobs/index.ts";
import { getMessage, getRawMessage, listMessages } from "../../mail/messages/index.ts";
import { getThread, listThreads } from "../../mail/threads/index.ts";
import { createWebhook, getWebhook } from "../../notify/webhooks/index.ts";
import { sweepDeliveries } from "../../transit/deliveries/index.ts";
import { createDraft, getDraftAttachment, listDrafts } from "../../transit/drafts/index.ts";
import { sendMessage } from "../../transit/sends/index.ts";
import { createDomain } from "../domains/index.ts";
import { createInbox, getInbox, type Inbox, listInboxes } from "../inboxes/index.ts";
import { moveInbox, moveTurn } from "./index.ts";
import { MOVE_BATCH } from "./limits.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const move = (inbox: Inbox, pod: string) =>
  t.run(t.rootToken, moveInbox, { inbox: { id: inbox.id } }, { pod: { id: pod } });
const refusalOf = (inbox: Inbox, pod: string) =>
  t.refusal(t.rootToken, moveInbox, { inbox: { id: inbox.id } }, { pod: { id: pod } });
const everything = { labels: [], before: null, after: null, subject: [], page: firstPage };
const included = { spam: true, blocked: true, unauthenticated: true, trash: true };
const hook = {
  url: "https://hooks.example.com/",
  podIds: [],
  inboxIds: [],
  eventTypes: ["message.received", "message.sent"] as const,
};

const messagesOf = (by: string, inbox: string) =>
  t.run(by, listMessages, { inbox }, { ...everything, from: [], to: [], included });
const threadsOf = (by: string) =>
  t.run(by, listThreads, {}, { ...everything, senders: [], recipients: [], included });

/** What stays in the pod that an inbox leaves: what happened there. */
const staying = ["audit"];

/** Tables in which a pod has rows that name the inbox, or that it has at all for bytes. */
async function leftIn(pod: string, inbox: Inbox): Promise<string[]> {
  await sweepDeliveries(t.door, t.database, pod);
  await sweepBlobs(t.database, pod);
  const rows = await rowsOf(t, pod, inbox.id);
  return [...rows.keys()].filter((table) => !staying.includes(table));
}

/** Scheduled, with a file of its own. */
const draftOf = (text: string) => ({
  ...{ subject: "Unsent", clientId: "draft", replyAll: false, sendAt: new Date(Date.now() + 3_600_000) },
  attachments: [{ content: Buffer.from(`draft of ${text}`).toString("base64") }],
});

/** A pod with an inbox that has something of everything, and a neighbour that stays. */
async function furnish() {
  const { pod, token: podToken } = await t.seed.tenant();
  const inbox = await t.run(t.rootToken, createInbox, { pod }, { clientId: "support" });
  const neighbour = await t.seed.inbox(pod);
  const { token } = await t.seed.key({ inbox: inbox.address });
  const deliver = mailInto(t);
  const id = `<first-${inbox.id}@outside.test>`;
  for (const to of [inbox.address, neighbour.address])
    await deliver(to, { id, file: { name: "a.txt", type: "text/plain", content: `of both ${pod}` } });
  await deliver(inbox.address, { id: `<second-${inbox.id}@outside.test>`, inReplyTo: id, text: "Again." });
  await t.run(
    t.rootToken,
    sendMessage,
    { inbox: inbox.address },
    { to: ["x@elsewhere.test"], subject: "Out", text: "Out", idempotencyKey: "once" },
  );
  await t.run(
    t.rootToken,
    createListEntry,
    { inbox: inbox.address },
    { direction: "send", listType: "block", entry: "bad@x.test" },
  );
  const own = await t.run(
    t.rootToken,
    createWebhook,
    { inbox: inbox.address },
    { ...hook, clientId: "hook" },
  );
  await t.run(t.rootToken, createWebhook, { pod }, hook);
  await t.run(t.rootToken, createWebhook, {}, hook);
  await t.run(t.rootToken, createDraft, { inbox: inbox.address }, draftOf(pod));
  await deliver(inbox.address, { id: `<third-${inbox.id}@outside.test>` });
  return { pod, podToken, inbox, neighbour, token, own };
}

describe("an inbox that moves", () => {
  it("has all it held in its new pod, under the same ids, and nothing in the old one", async () => {
    const { pod, inbox, neighbour, token, own } = await furnish();
    const { pod: other, token: otherToken } = await t.seed.tenant();
    const before = await messagesOf(t.rootToken, inbox.address);
    const rowsBefore = await rowsOf(t, pod, inbox.id);

    const moved = await move(inbox, other);
    expect(moved).toMatchObject({
      id: inbox.id,
      podId: other,
      address: inbox.address,
      clientId: "support",
      movingTo: null,
    });
    expect(await leftIn(pod, inbox)).toEqual([]);
    const [draft] = (await t.run(otherToken, listDrafts, {}, allDrafts)).items;
    expect(draft).toMatchObject({ podId: other, subject: "Unsent", schedule: { status: "scheduled" } });
    const same = await t.run(otherToken, createDraft, { inbox: inbox.address }, draftOf("another"));
    expect(same.id).toBe(draft?.id);
    const attachmentId = draft?.attachments[0]?.id ?? "";
    const file = await t.run(otherToken, getDraftAttachment, {}, { draftId: same.id, attachmentId });
    expect(file).toMatchObject({ podId: other, attachment: { size: Buffer.byteLength(`draft of ${pod}`) } });
    const after = await messagesOf(otherToken, inbox.address);
    expect(after.items.map((message) => ({ ...message, podId: pod }))).toEqual(before.items);
    expect(after.items).toHaveLength(4);
    for (const { messageId } of after.items) {
      const ref = { messageId };
      const at = { inbox: inbox.address };
      expect((await t.run(token, getMessage, at, ref)).podId).toBe(other);
      expect((await t.run(token, getRawMessage, at, ref)).size).toBeGreaterThan(0);
    }
    expect((await t.run(token, getWebhook, { inbox: inbox.address }, { id: own.id })).id).toBe(own.id);
    const { items } = await t.run(
      token,
      listListEntries,
      { inbox: inbox.address },
      { direction: "send", listType: "block", page: firstPage },
    );
    expect(items.map(({ entry }) => entry)).toEqual(["bad@x.test"]);

    const rowsAfter = await rowsOf(t, other, inbox.id);
    const counted = (rows: ReadonlyMap<string, number>) =>
      Object.fromEntries([...rows].filter(([table]) => !["audit", "webhook_deliveries"].includes(table)));
    expect(counted(rowsAfter)).toEqual(counted(rowsBefore));
    // The old pod's endpoint hears no more of it; the inbox's own and the organization's do.
    expect([rowsBefore, rowsAfter].map((rows) => rows.get("webhook_deliveries"))).toEqual([3, 2]);
    expect((await messagesOf(t.rootToken, neighbour.address)).items).toHaveLength(1);
    expect((await t.run(t.rootToken, createInbox, { pod: other }, { clientId: "support" })).id).toBe(
      inbox.id,
    );
    expect((await t.run(t.rootToken, createInbox, { pod }, { clientId: "support" })).id).not.toBe(inbox.id);
  });

  it("is not found by a key of its old pod from the next request on, its own key goes on, and mail comes to its new pod", async () => {
    const { pod, podToken, inbox, token } = await furnish();
    const { pod: other, token: otherToken } = await t.seed.tenant();
    const thread = (await threadsOf(podToken)).items.find(
      ({ inboxId, messageCount }) => inboxId === inbox.id && messageCount === 2,
    );
    if (thread === undefined) throw new Error("no thread");
    await move(inbox, other);
    expect((await t.refusal(podToken, getInbox, { inbox: inbox.address }, undefined)).code).toBe(
      "inbox.not_found",
    );
    expect((await t.refusal(podToken, getThread, {}, { threadId: thread.id, page: firstPage })).code).toBe(
      "object.not_found",
    );
    expect((await threadsOf(podToken)).items.map(({ inboxId }) => inboxId)).not.toContain(inbox.id);
    expect((await t.run(podToken, listInboxes, {}, firstPage)).items.map(({ id }) => id)).not.toContain(
      inbox.id,
    );
    expect((await threadsOf(otherToken)).items.map(({ inboxId }) => inboxId)).toContain(inbox.id);
    await mailInto(t)(inbox.address, {
      id: "<later@outside.test>",
      inReplyTo: `<first-${inbox.id}@outside.test>`,
    });
    const { items } = await messagesOf(token, inbox.address);
    expect(items.find(({ messageId }) => messageId === "<later@outside.test>")).toMatchObject({
      podId: other,
      threadId: thread.id,
    });
    expect(await leftIn(pod, inbox)).toEqual([]);
  });

  it("goes back and forth", async () => {
    const { pod, inbox } = await furnish();
    const before = await messagesOf(t.rootToken, inbox.address);
    const other = await t.seed.pod();
    await move(inbox, other);
    await move(inbox, pod);
    expect((await messagesOf(t.rootToken, inbox.address)).items).toEqual(before.items);
    expect(await leftIn(other, inbox)).toEqual([]);
    expect((await move(inbox, pod)).podId).toBe(pod);
  });

  it("stays where it is when its new pod has its client_id, when its pod owns its domain, and for a key of a pod", async () => {
    const { pod, podToken, inbox } = await furnish();
    const other = await t.seed.pod();
    await t.run(t.rootToken, createInbox, { pod: other }, { clientId: "support" });
    expect(await refusalOf(inbox, other)).toMatchObject({
      code: "object.conflict",
      message: expect.stringContaining("clientId"),
    });
    await t.run(t.rootToken, createDomain, { pod }, { domain: "bound.example" });
    await t.behind((tx) =>
      sql`update domains set status = 'VERIFIED' where domain = 'bound.example'`.execute(
        tx.within(systemScope),
      ),
    );
    const bound = await t.run(t.rootToken, createInbox, { pod }, { username: "a", domain: "bound.example" });
    expect(await refusalOf(bound, other)).toMatchObject({
      code: "object.conflict",
      message: expect.stringContaining("domain"),
    });
    expect(
      (await t.refusal(podToken, moveInbox, { inbox: { id: inbox.id } }, { pod: { id: other } })).code,
    ).toBe("permission.missing");
    const foreign = await refusalOf(inbox, "0190a000-0000-7000-8000-00000000dead");
    expect(foreign.code).toBe("pod.not_found");
    expect((await t.run(t.rootToken, getInbox, { inbox: inbox.address }, undefined)).podId).toBe(pod);
  });
});

describe("a large inbox", () => {
  /** More threads than one transaction moves, of one message each, written behind the door. */
  async function enlarge(pod: string, inbox: Inbox, threads: number): Promise<void> {
    await t.behind(async (tx) => {
      const db = tx.within(systemScope);
      await sql`insert into threads select (copy).* from (
          select jsonb_populate_record(null::threads, to_jsonb(t) || jsonb_build_object('id', gen_random_uuid())) as copy
          from threads t cross join generate_series(1, ${threads})
          where t.pod_id = ${pod} and t.inbox_id = ${inbox.id} and t.message_count = 1 limit ${threads}) as copies`.execute(
        db,
      );
      await sql`insert into messages select (copy).* from (
          select jsonb_populate_record(null::messages, to_jsonb(m) || jsonb_build_object('id', gen_random_uuid(),
            'thread_id', t.id, 'message_id', '<' || t.id || '@x>', 'sent_message_id', null)) as copy
          from threads t cross join lateral (select * from messages where pod_id = ${pod} and inbox_id = ${inbox.id} limit 1) m
          where t.pod_id = ${pod} and t.inbox_id = ${inbox.id}
            and not exists (select from messages where pod_id = ${pod} and thread_id = t.id) offset 0) as copies`.execute(
        db,
      );
    });
  }

  const count = async (pod: string, inbox: Inbox): Promise<number> =>
    (await rowsOf(t, pod, inbox.id)).get("messages") ?? 0;

  it("is closed until a job has moved the rest: it says where it goes, and neither key nor mail gets in", async () => {
    const { pod, inbox, token, podToken } = await furnish();
    await enlarge(pod, inbox, 2 * MOVE_BATCH);
    const all = await count(pod, inbox);
    const { pod: other, token: otherToken } = await t.seed.tenant();
    expect(await move(inbox, other)).toMatchObject({ podId: pod, movingTo: other });
    expect(await count(pod, inbox)).toBe(all - (await count(other, inbox)));
    expect(await count(other, inbox)).toBeGreaterThan(0);

    expect(await t.run(podToken, getInbox, { inbox: inbox.address }, undefined)).toMatchObject({
      movingTo: other,
    });
    const listed = (await t.run(t.rootToken, listInboxes, {}, { ...firstPage, size: 200 })).items.filter(
      ({ id }) => id === inbox.id,
    );
    expect(listed).toHaveLength(1);
    const send = { to: ["x@elsewhere.test"], subject: "Out", text: "Out", idempotencyKey: null };
    for (const by of [t.rootToken, podToken, token]) {
      expect((await t.refusal(by, sendMessage, { inbox: inbox.address }, send)).code).toBe("object.conflict");
      expect(
        (
          await t.refusal(
            by,
            listMessages,
            { inbox: inbox.address },
            { ...everything, from: [], to: [], included },
          )
        ).code,
      ).toBe("object.conflict");
    }
    expect(
      (await t.refusal(token, listThreads, {}, { ...everything, senders: [], recipients: [], included }))
        .code,
    ).toBe("object.conflict");
    expect((await t.refusal(otherToken, getInbox, { inbox: inbox.address }, undefined)).code).toBe(
      "inbox.not_found",
    );
    await expect(mailInto(t)(inbox.address, { id: "<closed@outside.test>" })).rejects.toMatchObject({
      code: "service.unavailable",
    });
    expect(await refusalOf(inbox, await t.seed.pod())).toMatchObject({ code: "object.conflict" });

    await moveTurn(t, pod, inbox.id);
    expect(await leftIn(pod, inbox)).toEqual([]);
    expect(await count(other, inbox)).toBe(all);
    expect(await t.run(token, getInbox, { inbox: inbox.address }, undefined)).toMatchObject({
      podId: other,
      movingTo: null,
    });
    await mailInto(t)(inbox.address, { id: "<closed@outside.test>" });
    expect(await count(other, inbox)).toBe(all + 1);
    // Another run of the job finds nothing to do.
    await moveTurn(t, pod, inbox.id);
    expect(await count(other, inbox)).toBe(all + 1);
  });
});
