import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { allDrafts, allMessages } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemClock } from "../../../lib/clock.ts";
import { createTurnTaking } from "../../../lib/turn-taking.ts";
import { systemScope } from "../../door/access/index.ts";
import { createDoor } from "../../door/door.ts";
import { deleteMessage, listMessages, updateMessage } from "../../mail/messages/index.ts";
import { deleteApiKey } from "../../tenancy/api-keys/index.ts";
import { deleteInbox, pauseInbox, resumeInbox } from "../../tenancy/inboxes/index.ts";
import { sendMessage } from "../sends/index.ts";
import {
  type CreateDraft,
  createDraft,
  createDraftLook,
  deleteDraft,
  type FullDraft,
  getDraft,
  listDrafts,
  sendDueDrafts,
  updateDraft,
} from "./index.ts";
import { MAX_DRAFT_TRIES, MAX_DUE_DRAFTS } from "./limits.ts";

let t: TestDoor;
const warnings: unknown[] = [];
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const parts = () => ({
  door: t.door,
  database: t.database,
  warn: (_why: string, error: unknown) => void warnings.push(error),
});
const over = new Date(0);

async function tenant() {
  const pod = await t.seed.pod();
  return { pod, inbox: (await t.seed.inbox(pod)).address };
}
const create = (inbox: string, input: Partial<CreateDraft> = {}): Promise<FullDraft> =>
  t.run(
    t.rootToken,
    createDraft,
    { inbox },
    { replyAll: false, to: ["x@outside.test"], sendAt: over, ...input },
  );
const get = (draft: FullDraft) => t.run(t.rootToken, getDraft, {}, { draftId: draft.id });
const draftsOf = async (inbox: string) => (await t.run(t.rootToken, listDrafts, { inbox }, allDrafts)).items;
const sentOf = async (inbox: string) =>
  (await t.run(t.rootToken, listMessages, { inbox }, allMessages)).items;
const unchanged = { removeAttachments: [], addLabels: [], removeLabels: [] };

/** Copies a draft, so that there are as many more. */
const multiply = (draft: FullDraft, more: number) =>
  t.behind((tx) =>
    sql`insert into drafts (pod_id, id, organization_id, inbox_id, kind, "references", labels, reply_to, "to", cc, bcc, subject,
        attachment_count, size, send_at, send_status, due_at, attempts, created_at, updated_at)
      select pod_id, gen_random_uuid(), organization_id, inbox_id, kind, "references", labels, reply_to, "to", cc, bcc, subject,
        attachment_count, size, send_at, send_status, due_at, attempts, created_at, updated_at
      from drafts, generate_series(1, ${more}::integer) where id = ${draft.id}`.execute(
      tx.within(systemScope),
    ),
  );
/** Has the pod's drafts that are scheduled be due now. */
const makeDue = (pod: string) =>
  t.behind((tx) =>
    sql`update drafts set due_at = now(), send_at = now() where pod_id = ${pod} and send_status = 'scheduled'`.execute(
      tx.within(systemScope),
    ),
  );

const countIn = async (pod: string): Promise<number> => {
  const { rows } = await t.behind((tx) =>
    sql<{ n: number }>`select count(*)::int as n from drafts where pod_id = ${pod}`.execute(
      tx.within(systemScope),
    ),
  );
  return rows[0]?.n ?? 0;
};

describe("a draft whose time has come", () => {
  it("is found, sent and gone; one whose time has not is left alone", async () => {
    const { pod, inbox } = await tenant();
    await create(inbox, { subject: "now", labels: ["mine"] });
    const later = await create(inbox, { sendAt: new Date(Date.now() + 3_600_000) });
    expect(await createDraftLook(t.database)()).toContain(pod);
    expect(await sendDueDrafts(parts(), pod)).toBe(false);
    expect(await sentOf(inbox)).toMatchObject([{ subject: "now", labels: ["sent", "mine"] }]);
    expect((await draftsOf(inbox)).map(({ id }) => id)).toEqual([later.id]);
    expect(await createDraftLook(t.database)()).not.toContain(pod);
  });

  it("is due by PostgreSQL's clock, though a process that is an hour ahead takes its time for over", async () => {
    const { pod, inbox } = await tenant();
    const clock = { ...systemClock, now: () => new Date(Date.now() + 3_600_000) };
    const ahead = createDoor({ ...t.parts, clock });
    const actor = await t.authenticator.authenticate(t.rootToken);
    const input = { replyAll: false, to: ["x@outside.test"], subject: "now" };
    await ahead.run(createDraft, actor, { inbox }, { ...input, sendAt: new Date() });
    const later = await create(inbox, { subject: "later", sendAt: new Date(Date.now() + 1_800_000) });
    await ahead.run(updateDraft, actor, { inbox }, { draftId: later.id, sendAt: new Date(), ...unchanged });
    await sendDueDrafts(parts(), pod);
    expect((await sentOf(inbox)).map(({ subject }) => subject).toSorted()).toEqual(["later", "now"]);
  });

  it("is sent once by all that try at the same moment", async () => {
    const { pod, inbox } = await tenant();
    for (let n = 0; n < 5; n++) await create(inbox, { subject: String(n) });
    await Promise.all(Array.from({ length: 4 }, () => sendDueDrafts(parts(), pod)));
    await sendDueDrafts(parts(), pod);
    expect((await sentOf(inbox)).map(({ subject }) => subject).toSorted()).toEqual(["0", "1", "2", "3", "4"]);
  });

  it("is not sent when it was cancelled, deleted or moved to another time before", async () => {
    const { pod, inbox } = await tenant();
    const drafts = [await create(inbox), await create(inbox), await create(inbox)];
    const [cancelled, deleted, later] = drafts.map(({ id }) => id);
    const change = (draftId = "", sendAt: Date | null = null) =>
      t.run(t.rootToken, updateDraft, { inbox }, { draftId, sendAt, ...unchanged });
    await change(cancelled);
    await t.run(t.rootToken, deleteDraft, { inbox }, { draftId: deleted ?? "" });
    await change(later, new Date(Date.now() + 3_600_000));
    await sendDueDrafts(parts(), pod);
    expect(await sentOf(inbox)).toEqual([]);
    expect((await draftsOf(inbox)).map(({ id }) => id).toSorted()).toEqual([cancelled, later].toSorted());
  });

  it("has failed when it is refused, says why, keeps others going, and is sent at another time", async () => {
    const { pod, inbox } = await tenant();
    const refused = await create(inbox, { to: [], subject: "to nobody", labels: ["mine"] });
    await create(inbox, { subject: "fine" });
    await sendDueDrafts(parts(), pod);
    expect((await sentOf(inbox)).map(({ subject }) => subject)).toEqual(["fine"]);
    const failed = await get(refused);
    expect(failed).toMatchObject({
      labels: ["mine"],
      schedule: { status: "failed", failure: { code: "input.invalid" } },
    });
    await sendDueDrafts(parts(), pod);
    expect(await get(refused)).toEqual(failed);
    const again = { draftId: refused.id, to: ["x@outside.test"], sendAt: over, ...unchanged };
    expect(await t.run(t.rootToken, updateDraft, { inbox }, again)).toMatchObject({
      labels: ["scheduled", "mine"],
      schedule: { status: "scheduled" },
    });
    await sendDueDrafts(parts(), pod);
    expect(await draftsOf(inbox)).toEqual([]);
  });

  it.each(["spam", "blocked", "unauthenticated", "trash"] as const)(
    "that forwards what has been labelled %s since is sent for a key that sees that, and has failed for one that does not",
    async (label) => {
      const { pod, inbox } = await tenant();
      await mailInto(t)(inbox, { id: "<secret@x>", text: "The original." });
      const own = ["draft_create", "draft_update", "draft_send", "message_read"] as const;
      const blind = (await t.seed.key({ inbox }, ...own)).token;
      const seeing = (await t.seed.key({ inbox }, ...own, `label_${label}_read`)).token;
      const input = { replyAll: false, forwardOf: "<secret@x>", to: ["x@outside.test"] };
      const soon = new Date(Date.now() + 3_600_000);
      const scheduled = async (by: string, subject: string) =>
        t.run(by, createDraft, { inbox }, { ...input, subject, sendAt: soon });
      await scheduled(seeing, "seen");
      const touched = [await scheduled(blind, "seen since"), await scheduled(seeing, "unseen since")];
      await scheduled(blind, "unseen");
      const change = { ...unchanged, addLabels: ["touched"] };
      await t.run(seeing, updateDraft, { inbox }, { draftId: touched[0]?.id ?? "", ...change });
      await t.run(blind, updateDraft, { inbox }, { draftId: touched[1]?.id ?? "", ...change });
      const spoilt = { messageId: "<secret@x>", addLabels: [label], removeLabels: [] };
      await t.run(t.rootToken, updateMessage, { inbox }, spoilt);
      await makeDue(pod);
      await sendDueDrafts(parts(), pod);
      const sent = (await sentOf(inbox)).filter(({ labels }) => labels.includes("sent"));
      expect(sent.map(({ subject }) => subject).toSorted()).toEqual(["seen", "seen since"]);
      const failed = await draftsOf(inbox);
      expect(failed.map(({ subject }) => subject).toSorted()).toEqual(["unseen", "unseen since"]);
      for (const { schedule } of failed)
        expect(schedule).toMatchObject({ status: "failed", failure: { code: "object.not_found" } });
    },
  );

  it("that forwards what was deleted since has failed; and one outlives the key that scheduled it, as drafts are the inbox's", async () => {
    const { pod, inbox } = await tenant();
    await mailInto(t)(inbox, { id: "<gone@x>" });
    const { id, token } = await t.seed.key({ inbox });
    const soon = new Date(Date.now() + 3_600_000);
    const forward = { replyAll: false, forwardOf: "<gone@x>", to: ["x@outside.test"], sendAt: soon };
    await t.run(token, createDraft, { inbox }, forward);
    await t.run(
      token,
      createDraft,
      { inbox },
      { replyAll: false, to: ["x@outside.test"], subject: "kept", sendAt: soon },
    );
    await t.run(t.rootToken, deleteMessage, { inbox }, { messageId: "<gone@x>" });
    await t.run(t.rootToken, deleteApiKey, {}, { id, exact: false });
    await makeDue(pod);
    await sendDueDrafts(parts(), pod);
    expect((await sentOf(inbox)).map(({ subject }) => subject)).toEqual(["kept"]);
    expect(await draftsOf(inbox)).toMatchObject([
      { kind: "forward", schedule: { status: "failed", failure: { code: "object.not_found" } } },
    ]);
  });

  it("has failed when its inbox is paused then, and is not sent when that ends", async () => {
    const { pod, inbox } = await tenant();
    const draft = await create(inbox);
    await t.run(t.rootToken, pauseInbox, { inbox }, undefined);
    await sendDueDrafts(parts(), pod);
    expect((await get(draft)).schedule).toMatchObject({
      status: "failed",
      failure: { code: "sending.paused" },
    });
    await t.run(t.rootToken, resumeInbox, { inbox }, undefined);
    await sendDueDrafts(parts(), pod);
    expect(await sentOf(inbox)).toEqual([]);
  });

  it("goes with its inbox", async () => {
    const { pod, inbox } = await tenant();
    await create(inbox);
    await t.run(t.rootToken, deleteInbox, { inbox }, undefined);
    expect(await sendDueDrafts(parts(), pod)).toBe(false);
    expect(await countIn(pod)).toBe(0);
  });

  it("waits when the server is at fault, longer with each try, and has failed after so many", async () => {
    const { pod, inbox } = await tenant();
    const draft = await create(inbox);
    const { lent } = t.parts;
    const mimeCodec: typeof lent.mimeCodec = {
      ...lent.mimeCodec,
      compose: () => Promise.reject(new Error("out of order")),
    };
    const broken = { ...parts(), door: createDoor({ ...t.parts, lent: { ...lent, mimeCodec } }) };
    const makeDue = () =>
      t.behind((tx) =>
        sql`update drafts set due_at = now() where id = ${draft.id}`.execute(tx.within(systemScope)),
      );
    for (let tries = 1; tries < MAX_DRAFT_TRIES; tries++) {
      await sendDueDrafts(broken, pod);
      expect(await createDraftLook(t.database)()).not.toContain(pod);
      await makeDue();
    }
    expect((await get(draft)).schedule).toMatchObject({ status: "scheduled" });
    expect(warnings).toHaveLength(MAX_DRAFT_TRIES - 1);
    await sendDueDrafts(broken, pod);
    expect((await get(draft)).schedule).toMatchObject({
      status: "failed",
      failure: { code: "service.unavailable" },
    });
    expect(await sentOf(inbox)).toEqual([]);
  });
});

describe("10,000 drafts that are due in the same second", () => {
  it("hold up no plain send, and another pod's draft by two turns at most", async () => {
    const [crowd, other] = [await tenant(), await tenant()];
    const total = 10_000;
    await multiply(await create(crowd.inbox, { subject: "flood" }), total - 1);
    await create(other.inbox, { subject: "alone" });
    const [sent, done] = [Promise.withResolvers<number>(), Promise.withResolvers<void>()];
    let turnsOfCrowd = 0;
    const turns = createTurnTaking({
      places: 1,
      async turn(podId) {
        if (podId === crowd.pod && ++turnsOfCrowd === 4) done.resolve();
        const hasMore = await sendDueDrafts(parts(), podId);
        if (podId === other.pod) sent.resolve(turnsOfCrowd);
        return hasMore;
      },
      onFailure: sent.reject,
    });
    turns.wake(crowd.pod);
    turns.wake(other.pod);
    const plain = { to: ["x@outside.test"], subject: "plain", text: "Hi", idempotencyKey: null };
    await t.run(t.rootToken, sendMessage, { inbox: crowd.inbox }, plain);
    expect(total - (await countIn(crowd.pod))).toBeLessThanOrEqual(2 * MAX_DUE_DRAFTS);
    expect(await sent.promise).toBeLessThanOrEqual(2);
    await done.promise;
    await turns.stop();
    expect(total - (await countIn(crowd.pod))).toBe(turnsOfCrowd * MAX_DUE_DRAFTS);
    expect(await sentOf(other.inbox)).toMatchObject([{ subject: "alone" }]);
  });
});
