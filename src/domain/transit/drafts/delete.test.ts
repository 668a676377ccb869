import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { queuedSweeps } from "../../../../test/support/queued-jobs.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { sweepBlobs } from "../../mail/blobs/index.ts";
import { deleteInbox } from "../../tenancy/inboxes/index.ts";
import { type CreateDraft, createDraft, deleteDraft, type FullDraft, getDraft } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const create = (inbox: string, input: Partial<CreateDraft> = {}): Promise<FullDraft> =>
  t.run(t.rootToken, createDraft, { inbox }, { replyAll: false, ...input });
const attachments = [{ filename: "a", content: Buffer.from("a").toString("base64") }];

/** Drafts, files of drafts and bytes of a pod. */
const kept = async (pod: string) => {
  const { rows } = await t.behind((tx) =>
    sql<{ drafts: number; files: number; blobs: number }>`select
      (select count(*)::integer from drafts where pod_id = ${pod}) as drafts,
      (select count(*)::integer from draft_attachments where pod_id = ${pod}) as files,
      (select count(*)::integer from blobs where pod_id = ${pod}) as blobs`.execute(tx.within(systemScope)),
  );
  return rows[0];
};

it("goes with its files, frees its client_id, and is deleted once; so does one whose inbox is deleted", async () => {
  const pod = await t.seed.pod();
  const { address: inbox } = await t.seed.inbox(pod);
  const draft = await create(inbox, { attachments, clientId: "mine" });
  expect(await kept(pod)).toEqual({ drafts: 1, files: 1, blobs: 1 });
  await t.run(t.rootToken, deleteDraft, { inbox }, { draftId: draft.id });
  for (const operation of [getDraft, deleteDraft] as const)
    expect((await t.refusal(t.rootToken, operation, { inbox }, { draftId: draft.id })).code).toBe(
      "object.not_found",
    );
  expect(await queuedSweeps(t)).toContain(pod);
  await sweepBlobs(t.database, pod);
  expect(await kept(pod)).toEqual({ drafts: 0, files: 0, blobs: 0 });
  expect((await create(inbox, { attachments, clientId: "mine" })).id).not.toBe(draft.id);
  await t.run(t.rootToken, deleteInbox, { inbox }, undefined);
  await sweepBlobs(t.database, pod);
  expect(await kept(pod)).toEqual({ drafts: 0, files: 0, blobs: 0 });
});

it("of another inbox is not found, as one that is not there, and stays", async () => {
  const [own, other] = [(await t.seed.inbox()).address, (await t.seed.inbox()).address];
  const theirs = await create(other, { subject: "Theirs" });
  const { token } = await t.seed.key({ inbox: own });
  const remove = (inbox: string, draftId: string) => t.refusal(token, deleteDraft, { inbox }, { draftId });
  const absent = await remove(own, crypto.randomUUID());
  expect(absent.code).toBe("object.not_found");
  for (const draftId of [theirs.id, "nonsense"]) expect(await remove(own, draftId)).toEqual(absent);
  expect((await remove(other, theirs.id)).code).toBe("inbox.not_found");
  expect(await t.run(t.rootToken, getDraft, {}, { draftId: theirs.id })).toEqual(theirs);
});
