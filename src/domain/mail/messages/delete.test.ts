import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { allMessages } from "../../../../test/support/lists.ts";
import { queuedSweeps } from "../../../../test/support/queued-jobs.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { sweepBlobs } from "../blobs/index.ts";
import { deleteMessage, getMessage, getRawMessage, listMessages } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("a deleted message leaves no row, and its bytes only until the sweep it asked for; others of its thread stay", async () => {
  const pod = await t.seed.pod();
  const { address: inbox } = await t.seed.inbox(pod);
  const arrive = mailInto(t);
  const file = (content: string) => ({ name: "a.txt", type: "text/plain", content });
  await arrive(inbox, { id: "<stays@x>", second: 1, file: file("stays") });
  await arrive(inbox, { id: "<goes@x>", second: 2, inReplyTo: "<stays@x>", file: file("goes") });
  const count = () =>
    t.behind(async (tx) => {
      const { rows } = await sql<Record<"messages" | "attachments" | "blobs", number>>`select
        (select count(*)::integer from messages where pod_id = ${pod}) as messages,
        (select count(*)::integer from attachments where pod_id = ${pod}) as attachments,
        (select count(*)::integer from blobs where pod_id = ${pod}) as blobs`.execute(tx.within(systemScope));
      return rows[0];
    });
  const both = await count();
  await t.run(t.rootToken, deleteMessage, { inbox }, { messageId: "<goes@x>" });
  expect(await queuedSweeps(t)).toContain(pod);
  await sweepBlobs(t.database, pod);
  expect(both).toEqual({ messages: 2, attachments: 2, blobs: 4 });
  expect(await count()).toEqual({ messages: 1, attachments: 1, blobs: 2 });
  const { items } = await t.run(t.rootToken, listMessages, { inbox }, allMessages);
  expect(items.map(({ messageId }) => messageId)).toEqual(["<stays@x>"]);
  for (const operation of [getMessage, getRawMessage, deleteMessage])
    expect((await t.refusal(t.rootToken, operation, { inbox }, { messageId: "<goes@x>" })).code).toBe(
      "object.not_found",
    );
});

it("another inbox's message is not found, by any of its names, as one that is not there; it stays", async () => {
  const [own, other] = [(await t.seed.inbox()).address, (await t.seed.inbox()).address];
  await mailInto(t)(other, { id: "<theirs@x>" });
  const { id } = await t.run(t.rootToken, getMessage, { inbox: other }, { messageId: "<theirs@x>" });
  const { token } = await t.seed.key({ inbox: own });
  const absent = await t.refusal(token, deleteMessage, { inbox: own }, { id: crypto.randomUUID() });
  expect(absent.code).toBe("object.not_found");
  for (const ref of [{ id }, { messageId: "<theirs@x>" }, { id: "no uuid" }])
    expect(await t.refusal(token, deleteMessage, { inbox: own }, ref)).toEqual(absent);
  expect((await t.refusal(token, deleteMessage, { inbox: other }, { id })).code).toBe("inbox.not_found");
  expect((await t.run(t.rootToken, getMessage, { inbox: other }, { id })).messageId).toBe("<theirs@x>");
});
