/** How webhook endpoints look on the wire; their rules are tested beside the operations. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { type V0Caller, v0Caller } from "../../../../test/support/v0-caller.ts";
import { MAX_WEBHOOK_TARGETS } from "../../../domain/limits.ts";
import { deleteInbox } from "../../../domain/tenancy/inboxes/index.ts";

let t: TestDoor;
let call: V0Caller;
let pod: string;
let token: string;
beforeAll(async () => {
  t = await openTestDoor();
  call = v0Caller(t);
  ({ pod, token } = await t.seed.tenant());
});
afterAll(() => t.close());

const hook = { url: "https://hooks.example.com/in", event_types: ["message.received"] };
const create = (body: object, by = token) => call(by, "webhooks.create", { body: { ...hook, ...body } });

it("an endpoint has an id of its own form, and names what it listens to; one that hears everything has no lists", async () => {
  const inboxes = [(await t.seed.inbox(pod)).address, (await t.seed.inbox()).address].toSorted();
  const made = await create({ inbox_ids: inboxes }, t.rootToken);
  expect(made).toMatchObject({
    status: 200,
    body: { webhook_id: expect.stringMatching(/^ep_[0-9a-f]{32}$/), inbox_ids: inboxes },
  });
  expect(made.body).not.toHaveProperty("pod_ids");
  const params = { webhook_id: String(made.body["webhook_id"]) };
  expect(await call(t.rootToken, "webhooks.get", { params })).toEqual(made);
  const { body: all } = await create({}, t.rootToken);
  for (const field of ["pod_ids", "inbox_ids"]) expect(all, field).not.toHaveProperty(field);

  // Absent lists would say that it hears everything.
  for (const inbox of inboxes) await t.run(t.rootToken, deleteInbox, { inbox }, undefined);
  const { body: left } = await call(t.rootToken, "webhooks.get", { params });
  expect(left).toMatchObject({ pod_ids: [], inbox_ids: [] });
});

it("its headers are shown by their names alone", async () => {
  const made = await create({ headers: { Authorization: "Bearer tell-nobody" } });
  const params = { webhook_id: String(made.body["webhook_id"]) };
  const names = await call(token, "webhooks.getHeaders", { params });
  expect(names.body["header_names"]).toEqual(["Authorization"]);
  const body = { headers: { "x-two": "tell-nobody" }, remove_headers: ["AUTHORIZATION"] };
  expect((await call(token, "webhooks.updateHeaders", { params, body })).status).toBe(204);
  const shown = [
    made,
    names,
    await call(token, "webhooks.get", { params }),
    await call(token, "webhooks.list"),
    await call(token, "webhooks.getHeaders", { params }),
  ];
  expect(shown.map(({ text }) => text).join()).not.toContain("tell-nobody");
});

it("what is wrong is refused under the name that the caller gave", async () => {
  const many = Array.from({ length: MAX_WEBHOOK_TARGETS + 1 }, (_, n) => `i${n}@rookery.localhost`);
  for (const [body, field] of [
    [{ inbox_ids: many }, "inbox_ids"],
    [{ event_types: [] }, "event_types"],
    [{ event_types: ["message.made_up"] }, "event_types"],
    [{ url: "ftp://x.example/" }, "url"],
  ] as const) {
    const answer = await create(body);
    expect({ field, status: answer.status }).toEqual({ field, status: 400 });
    expect(answer.text).toContain(field);
  }
  const { body: made } = await create({});
  const params = { webhook_id: String(made["webhook_id"]) };
  const added = await call(token, "webhooks.update", { params, body: { add_inbox_ids: many } });
  expect(added.status).toBe(400);
  expect(added.text).toContain('"add_inbox_ids"');
  expect(await create({ pod_ids: [crypto.randomUUID()] })).toMatchObject({
    status: 404,
    body: { code: "not_found" },
  });
});
