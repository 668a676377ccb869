import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openEventWriters } from "../../../../test/support/event-writers.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { type CreateWebhook, createWebhook, deleteWebhook, getWebhook } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const plain: CreateWebhook = {
  url: "https://hooks.example.com/in",
  eventTypes: ["domain.verified"],
  podIds: [],
  inboxIds: [],
};

it("goes with the deliveries that wait for it, frees its client_id, and is done once; another one's stay", async () => {
  const { pod, token } = await t.seed.tenant();
  const named = { ...plain, clientId: "mine" };
  const [{ id }, other] = [
    await t.run(token, createWebhook, {}, named),
    await t.run(token, createWebhook, {}, plain),
  ];
  const writers = openEventWriters(t);
  await (await writers.writing(pod, t.parts.lent.newId())).query("commit");
  await writers.end();
  const waiting = async () => {
    const { rows } = await t.behind((tx) =>
      sql<{ id: string }>`select webhook_id as id from webhook_deliveries where pod_id = ${pod}`.execute(
        tx.within(systemScope),
      ),
    );
    return rows.map((row) => row.id).toSorted();
  };
  expect(await waiting()).toEqual([id, other.id].toSorted());
  await t.run(token, deleteWebhook, {}, { id });
  expect(await waiting()).toEqual([other.id]);
  for (const operation of [getWebhook, deleteWebhook])
    expect((await t.refusal(token, operation, {}, { id })).code).toBe("object.not_found");
  const { rows: names } = await t.behind((tx) =>
    sql`select from client_ids where resource_id = ${id}`.execute(tx.within(systemScope)),
  );
  expect(names).toEqual([]);
  expect((await t.run(token, createWebhook, {}, named)).id).not.toBe(id);
});

it("of another pod's finds nothing, as of one that is not there, and leaves it", async () => {
  const [own, other] = [await t.seed.tenant(), await t.seed.tenant()];
  const made = await t.run(other.token, createWebhook, {}, plain);
  const absent = await t.refusal(own.token, deleteWebhook, {}, { id: crypto.randomUUID() });
  expect(absent.code).toBe("object.not_found");
  for (const id of [made.id, "nonsense"])
    expect(await t.refusal(own.token, deleteWebhook, {}, { id })).toEqual(absent);
  expect(await t.run(other.token, getWebhook, {}, { id: made.id })).toEqual(made);
});
