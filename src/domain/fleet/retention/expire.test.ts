import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { allDrafts, allMessages, allThreads } from "../../../../test/support/lists.ts";
import { limit } from "../../../../test/support/policies.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { expectUsageTrue } from "../../../../test/support/usage.ts";
import { systemScope } from "../../door/access/index.ts";
import type { SetLimits } from "../../guardrails/policies/index.ts";
import { listMessages, updateMessage } from "../../mail/messages/index.ts";
import { listThreads } from "../../mail/threads/index.ts";
import { type CreateDraft, createDraft, listDrafts } from "../../transit/drafts/index.ts";
import { RETENTION_BATCH } from "./limits.ts";
import { pruneTurn } from "./prune.ts";

const DAY_MS = 24 * 3_600_000;
const FIRST = "00000000-0000-0000-0000-000000000000";
const included = { spam: true, blocked: true, unauthenticated: true, trash: true };

let t: TestDoor;
let deliver: ReturnType<typeof mailInto>;
beforeAll(async () => {
  t = await openTestDoor();
  deliver = mailInto(t);
});
afterAll(() => t.close());

/** Prunes as it would be done in so many days. @returns messages that went */
async function pruneIn(days: number): Promise<number> {
  const { database } = t;
  const { newId, installation } = t.parts.lent;
  const now = new Date(Date.now() + days * DAY_MS);
  const retention = { eventDays: 0, auditDays: 0, evaluationDays: 0 };
  return (await pruneTurn({ database, newId, limits: installation.limits, retention, now }, FIRST)).messages;
}

async function inboxWith(limits: Partial<SetLimits>) {
  const pod = await t.seed.pod();
  await limit(t, pod, limits);
  return { pod, inbox: (await t.seed.inbox(pod)).address };
}

let count = 0;
async function mail(inbox: string, inReplyTo?: string): Promise<string> {
  const id = `<${++count}@x.test>`;
  await deliver(inbox, { id, ...(inReplyTo !== undefined && { inReplyTo }) });
  return id;
}

const messagesIn = async (inbox: string): Promise<readonly string[]> =>
  (await t.run(t.rootToken, listMessages, { inbox }, { ...allMessages, included })).items
    .map(({ messageId }) => messageId)
    .toSorted();

const label = (inbox: string, messageId: string, add: string[], remove: string[] = []) =>
  t.run(t.rootToken, updateMessage, { inbox }, { messageId, addLabels: add, removeLabels: remove });

describe("mail", () => {
  it.each([36_500, 3_000_000, Number.MAX_SAFE_INTEGER])(
    "is kept for %i days, longer than there are times of ids and dates for, and other mail is deleted meanwhile",
    async (inboxRetentionDays) => {
      const { inbox } = await inboxWith({ inboxRetentionDays });
      const other = await inboxWith({ inboxRetentionDays: 30 });
      const id = await mail(inbox);
      await mail(other.inbox);
      expect(await pruneIn(31)).toBe(1);
      expect(await messagesIn(inbox)).toEqual([id]);
    },
  );

  it("is deleted when its days are over, with an event of each message, and its threads are true", async () => {
    const { pod, inbox } = await inboxWith({ inboxRetentionDays: 30 });
    const first = await mail(inbox);
    await mail(inbox, first);
    const stays = (await t.seed.inbox()).address;
    await mail(stays);
    expect([await pruneIn(29), await pruneIn(31), await pruneIn(31)]).toEqual([0, 2, 0]);
    expect(await messagesIn(inbox)).toEqual([]);
    expect((await t.run(t.rootToken, listThreads, { inbox }, allThreads)).items).toEqual([]);
    expect(await messagesIn(stays)).toHaveLength(1);
    const { rows } = await t.behind((tx) =>
      sql<{
        data: object;
      }>`select data from events where pod_id = ${pod} and type = 'message.deleted'`.execute(
        tx.within(systemScope),
      ),
    );
    expect(rows.map(({ data }) => data)).toContainEqual(
      expect.objectContaining({ messageId: first, why: "retention" }),
    );
    expect(rows).toHaveLength(2);
  });

  it("leaves what is younger in its thread, which is counted anew", async () => {
    const { pod, inbox } = await inboxWith({ inboxRetentionDays: 30 });
    const old = await mail(inbox);
    const young = await mail(inbox, old);
    await t.behind((tx) =>
      sql`update messages set id = ('00000000-0000-7000-8000-' || right(id::text, 12))::uuid
        where pod_id = ${pod} and message_id = ${old}`.execute(tx.within(systemScope)),
    );
    expect(await pruneIn(0)).toBe(1);
    expect(await messagesIn(inbox)).toEqual([young]);
    const { items } = await t.run(t.rootToken, listThreads, { inbox }, allThreads);
    expect(items.map(({ messageCount }) => messageCount)).toEqual([1]);
  });

  it("of more than one batch goes in several", async () => {
    const { inbox } = await inboxWith({ inboxRetentionDays: 1 });
    await Promise.all(Array.from({ length: RETENTION_BATCH + 5 }, () => mail(inbox)));
    expect(await pruneIn(2)).toBe(RETENTION_BATCH + 5);
    expect(await messagesIn(inbox)).toEqual([]);
  });
});

describe("junk and trash", () => {
  it("go after their own days since they became so; what was taken out again stays", async () => {
    const { inbox } = await inboxWith({ spamRetentionDays: 7 });
    const [kept, trashed, restored] = [await mail(inbox), await mail(inbox), await mail(inbox)];
    await label(inbox, trashed, ["trash"]);
    await label(inbox, restored, ["trash"]);
    expect(await pruneIn(6)).toBe(0);
    await label(inbox, restored, [], ["trash"]);
    expect(await pruneIn(8)).toBe(1);
    expect(await messagesIn(inbox)).toEqual([kept, restored].toSorted());
  });
});

describe("drafts", () => {
  it("go when nobody changed them for the days that mail is kept, with their files, and those still to be sent stay", async () => {
    const { inbox } = await inboxWith({ inboxRetentionDays: 30 });
    const create = (input: Partial<CreateDraft>) =>
      t.run(t.rootToken, createDraft, { inbox }, { replyAll: false, ...input });
    await create({ attachments: [{ content: "aGk=" }], clientId: "old" });
    const scheduled = await create({ sendAt: new Date(Date.now() + 60 * DAY_MS) });
    await pruneIn(29);
    const left = async () => (await t.run(t.rootToken, listDrafts, { inbox }, allDrafts)).items;
    expect(await left()).toHaveLength(2);
    await pruneIn(31);
    expect((await left()).map(({ id }) => id)).toEqual([scheduled.id]);
    await create({ clientId: "old" });
    expect(await left()).toHaveLength(2);
  });
});

it("leaves what inboxes hold counted as it is", () => expectUsageTrue(t));
