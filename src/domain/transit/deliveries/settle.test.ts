import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemActor, systemScope } from "../../door/access/index.ts";
import { getMessage } from "../../mail/messages/index.ts";
import { sendMessage } from "../sends/index.ts";
import { type Outcome, settleCopies } from "./settle.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const delivered: Outcome = { state: "delivered", detail: "250" };
const bounced: Outcome = { state: "bounced", detail: "550 5.1.1 no such inbox" };
const full: Outcome = {
  ...{ state: "bounced", detail: "552 5.2.2 full" },
  bounce: { type: "Transient", subType: "MailboxFull", status: "5.2.2" },
};

/** A mail to inboxes that are here, whose copies are queued. */
async function queued(...to: readonly string[]) {
  const pod = await t.seed.pod();
  const { address: inbox, id: inboxId } = await t.seed.inbox(pod);
  const sent = await t.run(t.rootToken, sendMessage, { inbox }, { to, text: "Hi", idempotencyKey: null });
  const messageUuid = sent.messageId.slice(1, 37);
  const actor = await systemActor(t.database, "test", { podId: pod });
  if (actor === null) throw new Error("the pod is gone");
  return {
    settle: (outcomes: Readonly<Record<string, Outcome>>, elsewhere: readonly string[] = []) =>
      t.run(
        actor,
        settleCopies,
        {},
        {
          podId: pod,
          settlements: [
            {
              message: { messageUuid, inboxId, isDeleted: false },
              outcomes: new Map(Object.entries(outcomes)),
              elsewhere,
            },
          ],
        },
      ),
    labels: async () =>
      (await t.run(t.rootToken, getMessage, { inbox }, { messageId: sent.messageId })).labels,
    async events() {
      const { rows } = await t.behind((tx) =>
        sql<{ type: string; data: unknown }>`select type, data from events
          where pod_id = ${pod} and message_uuid = ${messageUuid} and type in ('message.delivered', 'message.bounced') order by id`.execute(
          tx.within(systemScope),
        ),
      );
      return rows;
    },
  };
}

it("what was delivered and each kind of bounce are told of once, and label the message", async () => {
  const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => `${name}@rookery.localhost`);
  if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error("no names");
  const { settle, labels, events } = await queued(a, b, c, d);
  await settle({ [a]: delivered, [b]: bounced, [c]: bounced, [d]: full });
  expect(await labels()).toContain("bounced");
  expect(await events()).toEqual([
    { type: "message.delivered", data: { recipients: [a] } },
    {
      type: "message.bounced",
      data: {
        ...{ type: "Permanent", subType: "NoEmail" },
        recipients: [b, c].map((address) => ({ address, status: "5.1.1" })),
      },
    },
    {
      type: "message.bounced",
      data: { type: "Transient", subType: "MailboxFull", recipients: [{ address: d, status: "5.2.2" }] },
    },
  ]);
});

it("a copy that is settled stays as it is, and is not told of again", async () => {
  const to = "e@rookery.localhost";
  const { settle, labels, events } = await queued(to);
  await settle({ [to]: delivered });
  const before = await events();
  expect(before).toHaveLength(1);
  await settle({ [to]: bounced });
  expect(await events()).toEqual(before);
  expect(await labels()).not.toContain("bounced");
});
