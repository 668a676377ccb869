import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { allMessages } from "../../../../test/support/lists.ts";
import { openLoopTurns } from "../../../../test/support/loop-turns.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemClock } from "../../../lib/clock.ts";
import { createIdSource } from "../../../lib/uuid.ts";
import { inProcessCodec } from "../../../protocols/mime/index.ts";
import type { Database } from "../../../storage/db.ts";
import { listMessages } from "../../mail/messages/index.ts";
import { deleteInbox } from "../../tenancy/inboxes/index.ts";
import { createReceiver, type Recipient } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const INBOXES = 40;
let addresses: readonly string[];
/** Transactions of the receiver, of which the one with this number fails. */
let commits: number;
let failing: number;
beforeEach(async () => {
  const pod = await t.seed.pod();
  addresses = await Promise.all(
    Array.from({ length: INBOXES }, async () => (await t.seed.inbox(pod)).address),
  );
  [commits, failing] = [0, 0];
});

function receiverBeside(others: readonly string[]) {
  const turns = openLoopTurns();
  for (const tenant of others) turns.hasOthers(tenant);
  const database: Database = {
    ...t.database,
    transaction(scope, work, options) {
      if (++commits === failing) throw new Error("the database is away");
      return t.database.transaction(scope, work, options);
    },
  };
  return createReceiver({
    database,
    clock: systemClock,
    newId: createIdSource(Date.now, randomBytes),
    mailHost: "mx.rookery.localhost",
    mimeCodec: inProcessCodec,
    limitsInForce: t.parts.lent.limitsInForce,
    turns,
  });
}

/** One mail to all of the inboxes. @returns in how many it is */
async function arrive(receiver: ReturnType<typeof receiverBeside>): Promise<number> {
  const recipients: Recipient[] = [];
  for (const address of addresses) {
    const recipient = await receiver.resolve(address);
    if (recipient !== null) recipients.push(recipient);
  }
  return receive(receiver, recipients);
}

const receive = async (
  receiver: ReturnType<typeof receiverBeside>,
  recipients: readonly Recipient[],
): Promise<number> => {
  const { stored } = await receiver.receive({
    raw: Buffer.from("From: a@x.test\r\nMessage-ID: <wide@x.test>\r\n\r\nHi\r\n"),
    trace: "",
    recipients,
    envelopeFrom: "a@x.test",
    receivedAt: new Date(),
  });
  return stored.size;
};

const counts = (): Promise<number[]> =>
  Promise.all(
    addresses.map(
      async (inbox) => (await t.run(t.rootToken, listMessages, { inbox }, allMessages)).items.length,
    ),
  );

it("a mail for many inboxes is committed at once while its tenant is alone", async () => {
  expect(await arrive(receiverBeside([]))).toBe(INBOXES);
  expect(commits).toBe(1);
});

it("while others are there it is committed in pieces, and then is in each inbox once", async () => {
  expect(await arrive(receiverBeside(["neighbour"]))).toBe(INBOXES);
  expect(commits).toBe(3);
  expect(await counts()).toEqual(addresses.map(() => 1));
});

it("when a piece fails the mail does, and when it comes again each inbox has it once", async () => {
  const receiver = receiverBeside(["neighbour"]);
  failing = 2;
  await expect(arrive(receiver)).rejects.toThrow("the database is away");
  expect((await counts()).filter((count) => count === 1)).toHaveLength(16);
  expect(await arrive(receiver)).toBe(INBOXES);
  expect(await counts()).toEqual(addresses.map(() => 1));
});

it("inboxes that were deleted meanwhile do not keep it from the others, and it fails when all were", async () => {
  const receiver = receiverBeside(["neighbour"]);
  const found = await Promise.all(addresses.map((address) => receiver.resolve(address)));
  const recipients = found.filter((recipient) => recipient !== null);
  const remove = (inboxes: readonly string[]) =>
    Promise.all(inboxes.map((inbox) => t.run(t.rootToken, deleteInbox, { inbox }, undefined)));
  await remove(addresses.slice(0, 17));
  expect(await receive(receiver, recipients)).toBe(INBOXES - 17);
  await remove(addresses.slice(17));
  await expect(receive(receiver, recipients)).rejects.toMatchObject({ code: "inbox.not_found" });
});
