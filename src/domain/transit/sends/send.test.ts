/** Sends of a pod that wait at the same moment share a transaction: each is refused or stored as if it were alone. */
import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { limit } from "../../../../test/support/policies.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { Database } from "../../../storage/db.ts";
import { type Actor, systemScope } from "../../door/access/index.ts";
import { createDoor, type Door } from "../../door/door.ts";
import { Failure } from "../../door/failures.ts";
import { replyToMessage, sendMessage } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

/** A door whose write transactions are counted, and can be made to fail before their COMMIT. */
function countingDoor(): { door: Door; count: () => number; failNext: () => void } {
  let [begun, failing] = [0, false];
  const database: Database = {
    ...t.database,
    transaction(scope, work, options) {
      if (options?.isRepeatable === true) return t.database.transaction(scope, work, options);
      begun++;
      const fails = failing;
      failing = false;
      return t.database.transaction(
        scope,
        async (tx) => {
          const result = await work(tx);
          if (fails) throw new Error("nothing is committed");
          return result;
        },
        options,
      );
    },
  };
  return {
    door: createDoor({ ...t.parts, database }),
    count: () => begun,
    failNext: () => {
      failing = true;
    },
  };
}

interface Tenant {
  readonly pod: string;
  readonly actor: Actor;
  readonly inboxes: readonly string[];
}

async function tenant(inboxes: number): Promise<Tenant> {
  const { pod, token } = await t.seed.tenant();
  const addresses: string[] = [];
  for (let made = 0; made < inboxes; made++) addresses.push((await t.seed.inbox(pod)).address);
  return { pod, actor: await t.authenticator.authenticate(token), inboxes: addresses };
}

/** Sends at once. @returns the Message-ID or the code of the failure of each */
const sendAll = (
  door: Door,
  { actor }: Tenant,
  sends: readonly { inbox: string; to?: string; key?: string }[],
): Promise<string[]> =>
  Promise.all(
    sends.map(({ inbox, to = "a@outside.test", key = null }) =>
      door.run(sendMessage, actor, { inbox }, { to: [to], text: "Hi.", idempotencyKey: key }).then(
        ({ messageId }) => messageId,
        (error: unknown) => (error instanceof Failure ? error.code : String(error)),
      ),
    ),
  );

interface Written {
  readonly address: string;
  readonly message_id: string;
  readonly audits: string;
  readonly events: string;
  readonly copies: string;
}

/** What a pod has of messages, each with how many rows of other kinds name it. */
const writtenOf = async (pod: string): Promise<readonly Written[]> =>
  (
    await t.behind((tx) =>
      sql<Written>`
        select i.address, m.message_id,
          (select count(*) from audit a where a.pod_id = m.pod_id and a.inbox_id = m.inbox_id and a.target = m.message_id) as audits,
          (select count(*) from events e where e.pod_id = m.pod_id and e.message_uuid = m.id and e.type = 'message.sent') as events,
          (select count(*) from outbound_deliveries d where d.pod_id = m.pod_id and d.message_uuid = m.id) as copies
        from messages m join inboxes i on i.pod_id = m.pod_id and i.id = m.inbox_id where m.pod_id = ${pod}`.execute(
        tx.within(systemScope),
      ),
    )
  ).rows;

const whole = { audits: "1", events: "1", copies: "1" };

it("of many inboxes are one transaction, and each has its message, copy, event and audit row", async () => {
  const own = await tenant(5);
  const { door, count } = countingDoor();
  const sends = own.inboxes.flatMap((inbox) => [{ inbox }, { inbox }, { inbox }]);
  const sent = await sendAll(door, own, sends);
  expect(count()).toBe(1);
  const written = await writtenOf(own.pod);
  expect(written).toHaveLength(sends.length);
  for (const [at, { inbox }] of sends.entries())
    expect(written).toContainEqual({ ...whole, address: inbox, message_id: sent[at] });
});

it("are stored up to a cap and refused from it on, and those of other inboxes are not", async () => {
  const own = await tenant(2);
  await limit(t, own.pod, { sentPerDay: 3 });
  const { door } = countingDoor();
  const [one = "", other = ""] = own.inboxes;
  const outcomes = await sendAll(door, own, [
    ...Array.from({ length: 8 }, () => ({ inbox: one })),
    { inbox: other },
    { inbox: other },
  ]);
  expect(outcomes.filter((code) => code === "limit.reached")).toHaveLength(5);
  expect((await writtenOf(own.pod)).map(({ address }) => address).sort()).toEqual(
    [one, one, one, other, other].sort(),
  );
});

it.each([
  ["newRecipientsPerDay", 2],
  ["storageBytes", 2500],
] as const)("are held to %s one by one", async (name, most) => {
  const own = await tenant(1);
  await limit(t, own.pod, { [name]: most });
  const { door, count } = countingDoor();
  const [inbox = ""] = own.inboxes;
  const sends = Array.from({ length: 12 }, (_, at) => ({ inbox, to: `new${at}@outside.test` }));
  const outcomes = await sendAll(door, own, sends);
  expect(count()).toBe(1);
  const stored = await writtenOf(own.pod);
  const code = name === "storageBytes" ? "storage.reached" : "limit.reached";
  expect(stored.length).toBeGreaterThan(0);
  expect(outcomes.filter((outcome) => outcome === code)).toHaveLength(sends.length - stored.length);
  if (name === "newRecipientsPerDay") expect(stored).toHaveLength(2);
  // The same again in turn: what is left is exactly nothing.
  expect(await sendAll(door, own, [{ inbox, to: "other@outside.test" }])).toEqual([code]);
});

it("that are refused leave the others alone", async () => {
  const own = await tenant(2);
  const { door, count } = countingDoor();
  const [one = "", two = ""] = own.inboxes;
  const foreign = (await t.seed.inbox()).address;
  const outcomes = await sendAll(door, own, [
    { inbox: one },
    { inbox: foreign },
    { inbox: two },
    { inbox: "nobody@rookery.localhost" },
  ]);
  expect(count()).toBe(1);
  expect(outcomes).toEqual([
    expect.stringMatching(/^</),
    "inbox.not_found",
    expect.stringMatching(/^</),
    "inbox.not_found",
  ]);
  expect(await writtenOf(own.pod)).toHaveLength(2);
});

it("under one Idempotency-Key are done once, also at the edge of a cap", async () => {
  const own = await tenant(1);
  await limit(t, own.pod, { sentPerDay: 1 });
  const { door } = countingDoor();
  const [inbox = ""] = own.inboxes;
  const twins = Array.from({ length: 5 }, () => ({ inbox, key: "once" }));
  const outcomes = await sendAll(door, own, twins);
  expect(new Set(outcomes).size).toBe(1);
  expect(outcomes[0]).toMatch(/^</);
  expect(await writtenOf(own.pod)).toHaveLength(1);
  expect(await sendAll(door, own, [{ inbox, key: "twice" }])).toEqual(["limit.reached"]);
});

it("under one Idempotency-Key are done once by two processes at once", async () => {
  const own = await tenant(1);
  const [inbox = ""] = own.inboxes;
  const twins = Array.from({ length: 4 }, () => ({ inbox, key: "once" }));
  const others = Array.from({ length: 4 }, () => ({ inbox }));
  const [one, other] = await Promise.all(
    [countingDoor(), countingDoor()].map(({ door }) => sendAll(door, own, [...twins, ...others])),
  );
  const answers = [...(one ?? []).slice(0, 4), ...(other ?? []).slice(0, 4)];
  expect(new Set(answers).size).toBe(1);
  expect(await writtenOf(own.pod)).toHaveLength(9);
});

it("leave one alone whose twin in another process has not committed yet", async () => {
  const own = await tenant(3);
  const [inbox = "", two = "", three = ""] = own.inboxes;
  const [written, committed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const slow: Database = {
    ...t.database,
    transaction: (scope, work, options) =>
      t.database.transaction(
        scope,
        async (tx) => {
          const result = await work(tx);
          written.resolve();
          await committed.promise;
          return result;
        },
        options,
      ),
  };
  const first = sendAll(createDoor({ ...t.parts, database: slow }), own, [{ inbox, key: "once" }]);
  await written.promise;
  const { door, count } = countingDoor();
  const second = sendAll(door, own, [{ inbox, key: "once" }]);
  const others = await sendAll(door, own, [{ inbox: two, key: "once" }, { inbox: three }]);
  expect(others).toEqual([expect.stringMatching(/^</), expect.stringMatching(/^</)]);
  // That of all three, and that of the one which waits.
  expect(count()).toBe(2);
  committed.resolve();
  expect(await second).toEqual(await first);
  expect(await writtenOf(own.pod)).toHaveLength(3);
});

it("whose transaction fails are each done alone, once", async () => {
  const own = await tenant(3);
  const { door, count, failNext } = countingDoor();
  failNext();
  const outcomes = await sendAll(
    door,
    own,
    own.inboxes.map((inbox) => ({ inbox })),
  );
  expect(count()).toBe(4);
  expect((await writtenOf(own.pod)).map(({ message_id: id }) => id).sort()).toEqual([...outcomes].sort());
});

it("by keys of two pods share nothing", async () => {
  const { door, count } = countingDoor();
  const [one, other] = [await tenant(1), await tenant(1)];
  await Promise.all(
    [one, other].map((own) =>
      sendAll(door, own, [{ inbox: own.inboxes[0] ?? "" }, { inbox: own.inboxes[0] ?? "" }]),
    ),
  );
  expect(count()).toBe(2);
});

it("into one thread are all in it, and counted", async () => {
  const own = await tenant(1);
  const { door } = countingDoor();
  const [inbox = ""] = own.inboxes;
  const [messageId = ""] = await sendAll(door, own, [{ inbox }]);
  const input = { messageId, text: "More.", replyAll: false, idempotencyKey: null };
  const replies = Array.from({ length: 4 }, () => door.run(replyToMessage, own.actor, { inbox }, input));
  const threads = new Set((await Promise.all(replies)).map(({ threadId }) => threadId));
  expect(threads.size).toBe(1);
  const rows = await t.behind((tx) =>
    sql<{ n: number }>`select message_count as n from threads where pod_id = ${own.pod}`.execute(
      tx.within(systemScope),
    ),
  );
  expect(rows.rows.map(({ n }) => Number(n))).toEqual([5]);
  expect(await writtenOf(own.pod)).toHaveLength(5);
});
