/** Programs that answer each other are stopped: exactly, over processes, with a trail, and nobody else with them. */
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ArrivingMail, mailInto } from "../../../../test/support/arriving-mail.ts";
import { eventually } from "../../../../test/support/eventually.ts";
import { allMessages } from "../../../../test/support/lists.ts";
import { lockWaits } from "../../../../test/support/lock-waits.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { openDatabase } from "../../../storage/db.ts";
import { systemScope } from "../../door/access/index.ts";
import { createDoor, type Door } from "../../door/door.ts";
import { Failure } from "../../door/failures.ts";
import { listMessages } from "../../mail/messages/index.ts";
import { forwardMessage, replyToMessage, sendMessage } from "./index.ts";

const HOUR_MS = 3_600_000;
const start = Date.UTC(2026, 0, 15, 12);

let t: TestDoor;
let arrive: (address: string, mail: ArrivingMail) => Promise<void>;
beforeAll(async () => {
  t = await openTestDoor();
  arrive = mailInto(t);
});
afterAll(() => t.close());

/** A door of an installation that allows so many, whose clock stands at `at()`. */
function doorAt(threadSendsPerHour: number, at: () => number, database = t.database): Door {
  const clock = { now: () => new Date(at()), monotonicMs: () => 0 };
  const installation = { ...t.parts.lent.installation, threadSendsPerHour };
  return createDoor({ ...t.parts, database, clock, lent: { ...t.parts.lent, installation } });
}

type Outcome = "sent" | Failure;

const outcomeOf = async (run: Promise<unknown>): Promise<Outcome> => {
  try {
    await run;
    return "sent";
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
};

/** An inbox with a mail in it, and what answers that. */
async function thread(mail: Partial<ArrivingMail> = {}) {
  const { pod, token } = await t.seed.tenant();
  const { address: inbox, id: inboxId } = await t.seed.inbox(pod);
  await arrive(inbox, { id: "<first@x>", ...mail });
  const actor = await t.authenticator.authenticate(token);
  const answer = (
    door: Door,
    more: { idempotencyKey?: string; messageId?: string } = {},
  ): Promise<Outcome> => {
    const input = { messageId: "<first@x>", text: "Yes.", replyAll: false, idempotencyKey: null, ...more };
    return outcomeOf(door.run(replyToMessage, actor, { inbox }, input));
  };
  const trail = async () => {
    const of = sql`where pod_id = ${pod} and inbox_id = ${inboxId}`;
    const { events, audit } = await t.behind(async (tx) => ({
      events: await sql<{
        data: unknown;
      }>`select data from events ${of} and type = 'thread.loop_cut'`.execute(tx.within(systemScope)),
      audit: await sql<{ key_id: string; target: string }>`
        select key_id, target from audit ${of} and operation = 'thread.loop_cut'`.execute(
        tx.within(systemScope),
      ),
    }));
    return { events: events.rows, audit: audit.rows };
  };
  return { inbox, actor, answer, trail };
}

const refused = { code: "limit.reached", details: { limit: { resource: "threadSendsPerHour" } } };

describe("sends in one thread", () => {
  it("are bounded within an hour, and the next is refused with what helps; when the first is an hour old there is room", async () => {
    let at = start;
    const { answer } = await thread();
    const door = doorAt(2, () => at);
    expect(await answer(door)).toBe("sent");
    at += HOUR_MS / 2;
    expect(await answer(door)).toBe("sent");
    at = start + HOUR_MS - 1;
    const failure = await answer(door);
    expect(failure).toMatchObject({
      code: "limit.reached",
      details: {
        limit: { resource: "threadSendsPerHour", count: 2, used: 2, resetAt: new Date(start + HOUR_MS) },
      },
    });
    expect(String(failure)).toContain(
      "Too many messages in one thread: 2 were sent in it within an hour; until 2026-01-15T13:00",
    );
    at = start + HOUR_MS;
    expect(await answer(door)).toBe("sent");
    expect(await answer(door)).toMatchObject(refused);
  });

  it("count forwards too; other threads and new ones of the inbox are not held up", async () => {
    const { inbox, actor, answer } = await thread();
    const door = doorAt(1, () => start);
    expect(await answer(door)).toBe("sent");
    const to = ["b@outside.test"];
    const forward = { messageId: "<first@x>", to, idempotencyKey: null };
    expect(await outcomeOf(door.run(forwardMessage, actor, { inbox }, forward))).toMatchObject(refused);
    const fresh = { to, text: "Hi.", idempotencyKey: null };
    expect(await outcomeOf(door.run(sendMessage, actor, { inbox }, fresh))).toBe("sent");
    await arrive(inbox, { id: "<other@x>" });
    expect(await answer(door, { messageId: "<other@x>" })).toBe("sent");
  });

  it("repeated under an Idempotency-Key count once, and are answered after the bound as before it", async () => {
    const { answer } = await thread();
    const door = doorAt(1, () => start);
    expect(await answer(door, { idempotencyKey: "once" })).toBe("sent");
    expect(await answer(door)).toMatchObject(refused);
    expect(await answer(door, { idempotencyKey: "once" })).toBe("sent");
  });

  it("are exact for 24 at once over the pools of two processes, and nothing of what is refused is stored", async () => {
    const { inbox, actor, answer } = await thread();
    const [first, second] = [openDatabase(t.engine, 8), openDatabase(t.engine, 8)];
    try {
      const doors = [doorAt(5, () => start, first), doorAt(5, () => start, second)] as const;
      const outcomes = await Promise.all(
        Array.from({ length: 24 }, (_, n) => answer(doors[n % 2 === 0 ? 0 : 1])),
      );
      expect(outcomes.filter((outcome) => outcome === "sent")).toHaveLength(5);
      const { items } = await doors[0].run(listMessages, actor, { inbox }, allMessages);
      expect(items.filter(({ direction }) => direction === "outbound")).toHaveLength(5);
    } finally {
      await Promise.all([first.close(), second.close()]);
    }
  });

  it("are counted behind the lock of their thread where several sends share a transaction as well", async () => {
    const { inbox, answer } = await thread();
    await arrive(inbox, { id: "<other@x>" });
    const door = doorAt(1, () => start);
    // Another process has the thread locked, and sends in it.
    const { answers } = await t.behind(async (tx) => {
      await sql`lock table threads in access exclusive mode`.execute(tx.within(systemScope));
      const begun = Promise.all([answer(door), answer(door, { messageId: "<other@x>" })]);
      await eventually("they wait for the lock", async () =>
        (await t.behind((other) => lockWaits(other))).some(({ relation }) => relation === "threads"),
      );
      await sql`update messages set direction = 'outbound', timestamp = ${new Date(start)} where message_id = '<first@x>'`.execute(
        tx.within(systemScope),
      );
      return { answers: begun };
    });
    expect(await answers).toMatchObject([refused, "sent"]);
  });

  it("that are refused leave one event and one audit row an hour, which name the thread", async () => {
    let at = start;
    const { inbox, answer, trail } = await thread();
    const door = doorAt(1, () => at);
    expect(await answer(door)).toBe("sent");
    expect(await trail()).toEqual({ events: [], audit: [] });
    for (let n = 0; n < 3; n++) expect(await answer(door)).toMatchObject(refused);
    const { events, audit } = await trail();
    expect(audit).toEqual([{ key_id: expect.any(String), target: expect.any(String) }]);
    expect(events).toEqual([
      { data: { threadId: audit[0]?.target, inbox, sent: 1, allowed: 1, answersAutomatic: false } },
    ]);
    at += HOUR_MS;
    expect(await answer(door)).toBe("sent");
    expect(await answer(door)).toMatchObject(refused);
    expect((await trail()).audit).toHaveLength(2);
  });
});

describe("an automatic answer", () => {
  it("is not answered any more in a thread with three sends within the hour", async () => {
    const { inbox, answer } = await thread();
    const door = doorAt(30, () => start);
    for (let n = 0; n < 3; n++) expect(await answer(door)).toBe("sent");
    await arrive(inbox, {
      id: "<away@x>",
      inReplyTo: "<first@x>",
      headers: "Auto-Submitted: auto-replied\r\n",
    });
    const failure = await answer(door, { messageId: "<away@x>" });
    expect(failure).toMatchObject(refused);
    expect(String(failure)).toContain("the message it answers was sent by a program");
    expect(await answer(door)).toBe("sent");
  });

  it("is answered while there are fewer; and mail of a list at any time", async () => {
    const { inbox, answer } = await thread({ headers: "Auto-Submitted: auto-replied\r\n" });
    const door = doorAt(30, () => start);
    for (let n = 0; n < 3; n++) expect(await answer(door)).toBe("sent");
    await arrive(inbox, { id: "<post@x>", inReplyTo: "<first@x>", headers: "List-Id: <dev.x.test>\r\n" });
    expect(await answer(door, { messageId: "<post@x>" })).toBe("sent");
  });
});
