import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import {
  createPollingWebhook,
  deletePollingWebhook,
  getPollingWebhook,
  listPollingWebhooks,
} from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const page = { size: 100, after: null, ascending: false };
const make = async (token: string, clientId: string) =>
  (
    await t.run(
      token,
      createPollingWebhook,
      {},
      {
        ...{ clientId, eventTypes: ["message.received"], podIds: [], inboxIds: [] },
      },
    )
  ).webhook;

it("is found by its id or its client_id where it was made, and nowhere else, and gone when it is deleted", async () => {
  const [own, other] = [await t.seed.tenant(), await t.seed.tenant()];
  const made = await make(own.token, "worker");
  const { address: inbox } = await t.seed.inbox(own.pod);
  const names = [
    { id: made.id, clientId: "" },
    { id: "", clientId: "worker" },
    { id: "worker", clientId: "worker" },
  ];
  for (const named of names) {
    expect(await t.run(own.token, getPollingWebhook, {}, named)).toEqual(made);
    for (const [by, at] of [
      [other.token, {}],
      [t.rootToken, {}],
      [own.token, { inbox }],
    ] as const)
      for (const operation of [getPollingWebhook, deletePollingWebhook])
        expect(await t.refusal(by, operation, at, named)).toMatchObject({ code: "object.not_found" });
  }
  await t.run(own.token, deletePollingWebhook, {}, { id: "", clientId: "worker" });
  for (const operation of [getPollingWebhook, deletePollingWebhook])
    expect(await t.refusal(own.token, operation, {}, { id: made.id, clientId: "" })).toMatchObject({
      code: "object.not_found",
    });
});

it("are listed newest first, page by page, without those of an inbox or of another pod", async () => {
  const { pod, token } = await t.seed.tenant();
  const made = [await make(token, "one"), await make(token, "two"), await make(token, "three")];
  const { token: ofInbox } = await t.seed.key({ inbox: (await t.seed.inbox(pod)).address });
  await make(ofInbox, "one");
  const first = await t.run(token, listPollingWebhooks, {}, { ...page, size: 2 });
  const rest = await t.run(token, listPollingWebhooks, {}, { ...page, after: first.next });
  expect([...first.items, ...rest.items]).toEqual(made.toReversed());
  expect(rest.next).toBeNull();
});
