import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { capture } from "../../../../test/support/outbound.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { deleteMessage } from "../../mail/messages/index.ts";
import { sendMessage } from "../sends/index.ts";
import { sweepDeliveries } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const copiesIn = async (pod: string): Promise<string[]> => {
  const { rows } = await t.behind((tx) =>
    sql<{ state: string }>`select state from outbound_deliveries where pod_id = ${pod} order by id`.execute(
      tx.within(systemScope),
    ),
  );
  return rows.map(({ state }) => state);
};

it("copies of a deleted message go when they are settled; those that wait, and those of other messages, stay", async () => {
  const pod = await t.seed.pod();
  const { address: inbox } = await t.seed.inbox(pod);
  const send = async () =>
    (
      await t.run(
        t.rootToken,
        sendMessage,
        { inbox },
        { to: ["a@outside.test"], text: "Hi", idempotencyKey: null },
      )
    ).messageId;
  const [kept, settled] = [await send(), await send()];
  await capture(t, pod);
  const waiting = await send();
  for (const messageId of [settled, waiting])
    await t.run(t.rootToken, deleteMessage, { inbox }, { messageId });
  expect(kept).not.toBe(settled);
  expect(await copiesIn(pod)).toEqual(["captured", "captured", "queued"]);
  await sweepDeliveries(t.door, t.database, pod);
  expect(await copiesIn(pod)).toEqual(["captured", "queued"]);
  await sweepDeliveries(t.door, t.database, crypto.randomUUID());
  expect(await copiesIn(pod)).toEqual(["captured", "queued"]);
});
