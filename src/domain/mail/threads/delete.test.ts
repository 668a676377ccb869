import { afterAll, beforeAll, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { allThreads } from "../../../../test/support/lists.ts";
import { queuedSweeps } from "../../../../test/support/queued-jobs.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { updateMessage } from "../messages/index.ts";
import { deleteThread, listThreads } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("a deleted thread leaves none of its rows, and bytes only until the sweep it asked for", async () => {
  const pod = await t.seed.pod();
  const { address: inbox } = await t.seed.inbox(pod);
  await mailInto(t)(inbox, { id: "<gone@x>", file: { name: "a", type: "text/plain", content: "bytes" } });
  const [thread] = (await t.run(t.rootToken, listThreads, { inbox }, allThreads)).items;
  await t.run(t.rootToken, deleteThread, { pod }, { threadId: thread?.id ?? "" });
  for (const table of ["messages", "attachments", "threads"] as const)
    expect(
      await t.behind((tx) =>
        tx.within(systemScope).selectFrom(table).where("pod_id", "=", pod).select("id").execute(),
      ),
      table,
    ).toEqual([]);
  expect(await queuedSweeps(t)).toContain(pod);
});

it("a thread that is to be kept goes to the trash, and is deleted when all of it is there", async () => {
  const pod = await t.seed.pod();
  const { address: inbox } = await t.seed.inbox(pod);
  const into = mailInto(t);
  await into(inbox, { id: "<kept-1@x>" });
  await into(inbox, { id: "<kept-2@x>", inReplyTo: "<kept-1@x>" });
  const list = async (trash: boolean) =>
    (await t.run(t.rootToken, listThreads, { inbox }, { ...allThreads, included: { trash } })).items;
  const [thread] = await list(false);
  const threadId = thread?.id ?? "";
  const message = { messageId: "<kept-2@x>" };
  await t.run(t.rootToken, updateMessage, { inbox }, { ...message, addLabels: ["trash"], removeLabels: [] });
  await t.run(t.rootToken, deleteThread, { pod }, { threadId, keeps: true });
  expect(await list(false)).toEqual([]);
  expect(await list(true)).toMatchObject([{ id: threadId, messageCount: 2 }]);
  await t.run(t.rootToken, deleteThread, { pod }, { threadId, keeps: true });
  expect(await list(true)).toEqual([]);
});
