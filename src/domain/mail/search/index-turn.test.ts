/** What happens to a message in the middle of the transaction that indexes it. */
import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type ArrivingMail, mailInto } from "../../../../test/support/arriving-mail.ts";
import { eventually } from "../../../../test/support/eventually.ts";
import { lockWaits } from "../../../../test/support/lock-waits.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { isLockTimeout } from "../../../storage/errors.ts";
import { systemScope } from "../../door/access/index.ts";
import { deleteInbox } from "../../tenancy/inboxes/index.ts";
import { assignInboxes } from "../../tenancy/moves/index.ts";
import { deleteMessage, updateMessage } from "../messages/index.ts";
import { indexTurn, searchMessages, searchThreads } from "./index.ts";

let t: TestDoor;
let arrive: (address: string, mail: ArrivingMail) => Promise<void>;
beforeAll(async () => {
  t = await openTestDoor();
  arrive = mailInto(t);
});
afterAll(() => t.close());

const asked = {
  query: "wombat",
  order: "relevance",
  before: null,
  after: null,
  page: { size: 100, after: null },
} as const;
const found = async (inbox: string): Promise<string[]> =>
  (await t.run(t.rootToken, searchMessages, { inbox }, asked)).items.map(({ message }) => message.messageId);
const threadsOf = async (pod: string): Promise<number> =>
  (await t.run(t.rootToken, searchThreads, { pod }, asked)).items.length;

/** Transactions that wait for a lock. */
const waiting = async (): Promise<number> =>
  new Set((await t.behind((tx) => lockWaits(tx))).map(({ pid }) => pid)).size;

class TakenBack extends Error {}

/**
 * Runs `act` while a turn has read what is to be indexed, but not written it: it waits for a transaction that holds the key of the
 * message of `inbox`, and is taken back when `act` is done or waits for the turn.
 */
async function inTheMiddle(inbox: string, act: () => Promise<unknown>): Promise<void> {
  const held = Promise.withResolvers<void>();
  const over = Promise.withResolvers<void>();
  const holder = t.database
    .transaction(systemScope, async (tx) => {
      await sql`insert into message_search (pod_id, id, organization_id, inbox_id, thread_id, timestamp, words)
        select m.pod_id, m.id, m.organization_id, m.inbox_id, m.thread_id, m.timestamp, ''
        from messages as m join inboxes as i on i.pod_id = m.pod_id and i.id = m.inbox_id
        where i.address = ${inbox}`.execute(tx.within(systemScope));
      held.resolve();
      await over.promise;
      throw new TakenBack();
    })
    .catch((error: unknown) => {
      held.reject(error);
      if (!(error instanceof TakenBack)) throw error;
    });
  await held.promise;
  // On a machine under load `act` may take longer than a turn waits for a lock. It is tried again below, as by its worker.
  const turn = indexTurn(t.database, null).catch((error: unknown) => {
    if (!isLockTimeout(error)) throw error;
  });
  await eventually("a turn that waits", async () => (await waiting()) > 0);
  let isDone = false;
  const acted = act().finally(() => {
    isDone = true;
  });
  await eventually("what happens meanwhile", async () => isDone || (await waiting()) > 1);
  over.resolve();
  await Promise.all([holder, turn, acted]);
  while ((await indexTurn(t.database, null)).count > 0);
}

/** An inbox with a message that holds up the turn, and one with a message to do something with. */
async function makePair(): Promise<{
  readonly other: string;
  readonly inbox: string;
  readonly id: string;
  readonly pod: string;
}> {
  const pod = await t.seed.pod();
  const [other, { address: inbox, id }] = [(await t.seed.inbox(pod)).address, await t.seed.inbox(pod)];
  await arrive(other, { id: "<other@x>", text: "wombat" });
  await arrive(inbox, { id: "<one@x>", text: "wombat" });
  return { other, inbox, id, pod };
}

/** What of the inbox is indexed. */
const indexedOf = (id: string): Promise<number> =>
  t.behind(async (tx) => {
    const rows = await tx
      .within(systemScope)
      .selectFrom("message_search")
      .where("inbox_id", "=", id)
      .select("id")
      .execute();
    return rows.length;
  });

it("leaves out a message that is deleted meanwhile, and indexes the others", async () => {
  const { other, inbox, id } = await makePair();
  await inTheMiddle(other, () => t.run(t.rootToken, deleteMessage, { inbox }, { messageId: "<one@x>" }));
  expect([await found(inbox), await found(other)]).toEqual([[], ["<other@x>"]]);
  expect(await indexedOf(id)).toBe(0);
});

it("leaves out an inbox that is deleted meanwhile", async () => {
  const { other, inbox, id, pod } = await makePair();
  await inTheMiddle(other, () => t.run(t.rootToken, deleteInbox, { inbox }, undefined));
  expect([await found(other), await threadsOf(pod), await indexedOf(id)]).toEqual([["<other@x>"], 1, 0]);
});

it("indexes a message that is labelled meanwhile, and hides it by the label that it has then", async () => {
  const { other, inbox, id } = await makePair();
  const relabel = (addLabels: string[], removeLabels: string[]): Promise<unknown> =>
    t.run(t.rootToken, updateMessage, { inbox }, { messageId: "<one@x>", addLabels, removeLabels });
  await inTheMiddle(other, () => relabel(["trash"], []));
  expect([await found(inbox), await indexedOf(id)]).toEqual([[], 1]);
  await relabel([], ["trash"]);
  expect(await found(inbox)).toEqual(["<one@x>"]);
});

it("leaves a message that is moved meanwhile to the pod that it is in then", async () => {
  const { other, inbox, id, pod } = await makePair();
  const to = await t.seed.pod();
  await inTheMiddle(other, () =>
    t.run(t.rootToken, assignInboxes, { pod: to }, { assign: [{ id }], remove: [] }),
  );
  expect([await found(inbox), await found(other)]).toEqual([["<one@x>"], ["<other@x>"]]);
  expect([await threadsOf(pod), await threadsOf(to), await indexedOf(id)]).toEqual([1, 1, 1]);
});

it("indexes as many as it is asked for, the newest first, and says how many were stored with the newest", async () => {
  const { address, id } = await t.seed.inbox();
  for (const n of [1, 2, 3]) await arrive(address, { id: `<${n}@x>`, text: "wombat" });
  const turn = await indexTurn(t.database, null, 2);
  expect([turn.count, await indexedOf(id)]).toEqual([2, 2]);
  expect(turn.newestCount).toBeGreaterThanOrEqual(1);
  expect(turn.newestCount).toBeLessThanOrEqual(2);
  expect(await found(address)).toHaveLength(3);
  expect((await indexTurn(t.database, null)).count).toBe(1);
});
