import { sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { mailInto } from "../../../test/support/arriving-mail.ts";
import { openTestDoor, type TestDoor } from "../../../test/support/test-door.ts";
import { inboxRoutes } from "../../transport/http/v0/inboxes.ts";
import { messageRoutes } from "../../transport/http/v0/messages.ts";
import { podRoutes } from "../../transport/http/v0/pods.ts";
import { sweepBlobsTask } from "../../workers/sweep-blobs.ts";
import { systemScope } from "../access/index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor([...podRoutes, ...inboxRoutes, ...messageRoutes]);
});
afterAll(() => t.close());

it("the bytes of a message deleted as soon as it came are gone with it, those that another shares stay", async () => {
  const made = (await t.call(t.rootToken, "inboxes.create")).body;
  const [inbox, pod] = [String(made["inbox_id"]), String(made["pod_id"])];
  const arrive = mailInto(t);
  for (const id of ["<kept@x>", "<gone@x>"])
    await arrive(inbox, {
      id,
      file: { name: "same.bin", type: "application/octet-stream", content: "same" },
    });
  await t.call(t.rootToken, "inboxes.messages.delete", {
    params: { inbox_id: inbox, message_id: "<gone@x>" },
  });
  await sweepBlobsTask(t.database)({ podId: pod });
  const { rows } = await t.behind((tx) =>
    sql<{ text: string }>`select encode(content, 'escape') as text from blobs where pod_id = ${pod}`.execute(
      tx.within(systemScope),
    ),
  );
  const kept = rows.map(({ text }) => text);
  expect(kept.filter((text) => text.includes("<kept@x>") || text === "same")).toHaveLength(2);
  expect(kept.filter((text) => text.includes("<gone@x>"))).toEqual([]);
});

it("deletes one after the other leave one job that sweeps, and those of another pod one of their own", async () => {
  const arrive = mailInto(t);
  const pods: string[] = [];
  for (let index = 0; index < 2; index++) {
    const pod = String((await t.call(t.rootToken, "pods.create")).body["pod_id"]);
    const made = await t.call(t.rootToken, "pods.inboxes.create", { params: { pod_id: pod } });
    const inbox = String(made.body["inbox_id"]);
    for (const id of ["<one@x>", "<two@x>"]) {
      await arrive(inbox, { id });
      await t.call(t.rootToken, "inboxes.messages.delete", { params: { inbox_id: inbox, message_id: id } });
    }
    pods.push(pod);
  }
  // Jobs belong to the owner of the schema.
  const owner = new pg.Client(t.engine.connection);
  await owner.connect();
  const { rows } = await owner.query<{ pod: string }>(
    "select payload ->> 'podId' as pod from graphile_worker._private_jobs where payload ->> 'podId' = any($1)",
    [pods],
  );
  await owner.end();
  expect(rows.map(({ pod }) => pod).toSorted()).toEqual(pods.toSorted());
});
