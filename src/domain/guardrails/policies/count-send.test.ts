/** Caps of what an inbox sends: exact, over processes, and used up by nothing that is refused. */
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allMessages } from "../../../../test/support/lists.ts";
import { attachPolicy, limit } from "../../../../test/support/policies.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { openDatabase } from "../../../storage/db.ts";
import { systemScope } from "../../door/access/index.ts";
import { createDoor, type Door } from "../../door/door.ts";
import { Failure } from "../../door/failures.ts";
import { deleteMessage, getMessage, listMessages } from "../../mail/messages/index.ts";
import { deleteInbox } from "../../tenancy/inboxes/index.ts";
import { replyToMessage, sendMessage } from "../../transit/sends/index.ts";
import { createLimitsInForce, type SetLimits, updatePolicy } from "./index.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** At noon, so that an hour more is the same day. */
const start = Date.UTC(2026, 0, 15, 12);

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

/** A door whose clock stands at `at()`; it remembers limits for itself, as each process does. */
function doorAt(at: () => number, database = t.database): Door {
  const clock = { now: () => new Date(at()), monotonicMs: () => 0 };
  const limitsInForce = createLimitsInForce(t.parts.lent.installation.limits);
  return createDoor({ ...t.parts, database, clock, lent: { ...t.parts.lent, limitsInForce } });
}

/** A tenant with limits, whose sends give "sent" or the failure. */
async function sender(limits: Partial<SetLimits>, at: () => number = () => start) {
  const { pod, token } = await t.seed.tenant();
  const policy = await limit(t, pod, limits);
  const { address: inbox } = await t.seed.inbox(pod);
  const actor = await t.authenticator.authenticate(token);
  const send = async (
    more: { readonly to?: string[]; readonly text?: string; readonly idempotencyKey?: string } = {},
    door = doorAt(at),
  ): Promise<"sent" | Failure> => {
    const input = { to: ["a@outside.test"], text: "Hi.", idempotencyKey: null, ...more };
    try {
      await door.run(sendMessage, actor, { inbox }, input);
      return "sent";
    } catch (error) {
      if (error instanceof Failure) return error;
      throw error;
    }
  };
  return { pod, policy, inbox, token, send };
}

const storedOf = async (inbox: string): Promise<readonly string[]> =>
  (await t.run(t.rootToken, listMessages, { inbox }, allMessages)).items.map(({ messageId }) => messageId);

describe("sends a day", () => {
  it("n succeed, and the next says the limit, what is used and until when; nothing of it is stored", async () => {
    const { inbox, send } = await sender({ sentPerDay: 3 });
    expect([await send(), await send(), await send()]).toEqual(["sent", "sent", "sent"]);
    const refused = await send();
    expect(refused).toMatchObject({
      code: "limit.reached",
      details: {
        limit: { resource: "sentPerDay", count: 3, used: 3, resetAt: new Date("2026-01-16T00:00:00Z") },
      },
    });
    expect(String(refused)).toContain(
      "Daily send limit reached: 3 of 3 used, until 2026-01-16T00:00:00.000Z",
    );
    expect(await storedOf(inbox)).toHaveLength(3);
  });

  it("begin anew at midnight UTC, and not before though the clock of another process is behind", async () => {
    let at = start;
    const { send } = await sender({ sentPerDay: 1 }, () => at);
    expect(await send()).toBe("sent");
    at = Date.UTC(2026, 0, 15, 23, 59, 59, 999);
    expect(await send()).toMatchObject({ code: "limit.reached" });
    at = Date.UTC(2026, 0, 16);
    expect(await send()).toBe("sent");
    at -= 1000;
    expect(await send()).toMatchObject({ code: "limit.reached" });
  });

  it("are not lowered by deleting mail, nor used up by what is refused or repeated", async () => {
    const { inbox, send, token } = await sender({ sentPerDay: 2, messageBytes: 20_000 });
    expect(await send({ text: "x".repeat(30_000) })).toMatchObject({ code: "message.too_large" });
    expect(await send({ idempotencyKey: "once" })).toBe("sent");
    expect(await send({ idempotencyKey: "once" })).toBe("sent");
    for (const messageId of await storedOf(inbox))
      await t.run(token, deleteMessage, { inbox }, { messageId });
    expect(await send()).toBe("sent");
    expect(await send()).toMatchObject({ code: "limit.reached" });
  });

  it("are those of one inbox, and replies count", async () => {
    const { pod, inbox, send, token } = await sender({ sentPerDay: 2 }, Date.now);
    await send();
    const [messageId = ""] = await storedOf(inbox);
    const input = { messageId, text: "Again.", replyAll: false, idempotencyKey: null };
    await t.run(token, replyToMessage, { inbox }, input);
    expect((await t.refusal(token, replyToMessage, { inbox }, input)).code).toBe("limit.reached");
    const { address: other } = await t.seed.inbox(pod);
    const sent = t.run(
      token,
      sendMessage,
      { inbox: other },
      { to: [inbox], text: "Hi.", idempotencyKey: null },
    );
    await expect(sent).resolves.toHaveProperty("messageId");
  });

  it("of 0 are none, and a policy that is detached or changed holds with the next send in every process", async () => {
    const { pod, policy, send } = await sender({ sentPerDay: 0 });
    const processes = [doorAt(() => start), doorAt(() => start)];
    const all = () => Promise.all(processes.map((door) => send({}, door)));
    const none = { code: "limit.reached", details: { limit: { count: 0, used: 0 } } };
    expect(await all()).toMatchObject([none, none]);
    await t.run(t.rootToken, updatePolicy, {}, { id: policy, limits: { sentPerDay: 2 } });
    expect(await all()).toEqual(["sent", "sent"]);
    expect(await all()).toMatchObject([{ code: "limit.reached" }, { code: "limit.reached" }]);
    await attachPolicy(t, pod, null);
    expect(await all()).toEqual(["sent", "sent"]);
    // What was sent without a policy counts when there is one again.
    await attachPolicy(t, pod, policy);
    await t.run(t.rootToken, updatePolicy, {}, { id: policy, limits: { sentPerDay: 5 } });
    expect([await send(), await send()]).toMatchObject(["sent", { code: "limit.reached" }]);
  });

  it("are exact for 16 at once over the pools of two processes", async () => {
    const { inbox, send } = await sender({ sentPerDay: 10 });
    const second = openDatabase(t.engine, 8);
    try {
      const doors = [doorAt(() => start, openDatabase(t.engine, 8)), doorAt(() => start, second)];
      const outcomes = await Promise.all(
        Array.from({ length: 32 }, (_, index) => send({}, doors[index % 2])),
      );
      expect(outcomes.filter((outcome) => outcome === "sent")).toHaveLength(10);
      expect(await storedOf(inbox)).toHaveLength(10);
    } finally {
      await second.close();
    }
  });
});

describe("sends in a window that ends now", () => {
  it.each<[keyof SetLimits, number]>([
    ["sentPerMinute", MINUTE_MS],
    ["sentPerFiveMinutes", 5 * MINUTE_MS],
    ["sentPerHour", 60 * MINUTE_MS],
    ["sentPerThirtyDays", 30 * DAY_MS],
  ])("%s: never more than n, and one is free again when the reset time is there", async (name, windowMs) => {
    let at = start;
    const { send } = await sender({ [name]: 2 }, () => at);
    expect(await send()).toBe("sent");
    at += windowMs / 2;
    expect(await send()).toBe("sent");
    at = start + windowMs - 1;
    const refused = await send();
    expect(refused).toMatchObject({
      code: "limit.reached",
      details: { limit: { resource: name, count: 2, used: 2 } },
    });
    const resetAt = refused instanceof Failure ? refused.details.limit?.resetAt?.getTime() : undefined;
    // A sixtieth of the window late at most.
    expect(resetAt).toBeGreaterThanOrEqual(start + windowMs);
    expect(resetAt).toBeLessThanOrEqual(start + windowMs + windowMs / 60);
    at = (resetAt ?? 0) - 1;
    expect(await send()).toMatchObject({ code: "limit.reached" });
    at = resetAt ?? 0;
    expect(await send()).toBe("sent");
    expect(await send()).toMatchObject({ code: "limit.reached" });
    at += 2 * windowMs;
    expect(await send()).toBe("sent");
  });
});

describe("several caps at once", () => {
  it("tell of the one that lasts longest: before midnight that of an hour, not that of the day", async () => {
    let at = Date.UTC(2026, 0, 15, 23, 50);
    const { send } = await sender({ sentPerDay: 2, sentPerHour: 2, sentPerMinute: 2 }, () => at);
    expect([await send(), await send()]).toEqual(["sent", "sent"]);
    const resetAt = new Date("2026-01-16T00:51:00Z");
    const refused = {
      code: "limit.reached",
      details: { limit: { resource: "sentPerHour", count: 2, used: 2, resetAt } },
    };
    expect(await send()).toMatchObject(refused);
    at = Date.UTC(2026, 0, 16);
    expect(await send()).toMatchObject(refused);
    at = resetAt.getTime();
    expect([await send(), await send()]).toEqual(["sent", "sent"]);
    // The hour before midnight is over; the day goes on.
    at += 2 * 60 * MINUTE_MS;
    expect(await send()).toMatchObject({ details: { limit: { resource: "sentPerDay", used: 2 } } });
  });

  it("that of the day, where one of thirty days has room again at noon", async () => {
    let at = Date.UTC(2026, 0, 15, 11);
    const { send } = await sender({ sentPerDay: 1, sentPerThirtyDays: 2 }, () => at);
    expect(await send()).toBe("sent");
    at = Date.UTC(2026, 1, 14, 11);
    expect(await send()).toBe("sent");
    const resetAt = new Date("2026-02-15T00:00:00Z");
    expect(await send()).toMatchObject({ details: { limit: { resource: "sentPerDay", resetAt } } });
  });

  it("and of none at all before any other, which no time ends", async () => {
    const { policy, send } = await sender({ sentPerThirtyDays: 1 });
    expect(await send()).toBe("sent");
    await t.run(t.rootToken, updatePolicy, {}, { id: policy, limits: { sentPerDay: 0 } });
    const refused = await send();
    expect(refused).toMatchObject({ details: { limit: { resource: "sentPerDay", count: 0 } } });
    expect(refused instanceof Failure && refused.details.limit?.resetAt).toBeUndefined();
  });
});

describe("recipients", () => {
  it("of one message are bounded", async () => {
    const { send } = await sender({ recipientsPerMessage: 2 });
    expect(await send({ to: ["a@x.test", "b@x.test"] })).toBe("sent");
    expect(await send({ to: ["a@x.test", "b@x.test", "c@x.test"] })).toMatchObject({ code: "input.invalid" });
  });

  it("that are new are bounded a day; those it wrote to before the policy are known", async () => {
    let at = start;
    const { pod, policy, send } = await sender({ newRecipientsPerDay: 2 }, () => at);
    await attachPolicy(t, pod, null);
    expect(await send({ to: ["old@x.test"] })).toBe("sent");
    await attachPolicy(t, pod, policy);
    expect(await send({ to: ["OLD@x.test", "a@x.test"] })).toBe("sent");
    const refused = {
      code: "limit.reached",
      details: { limit: { resource: "newRecipientsPerDay", count: 2, used: 1 } },
    };
    expect(await send({ to: ["b@x.test", "c@x.test"] })).toMatchObject(refused);
    expect(await send({ to: ["b@x.test", "B@X.test", "a@x.test"] })).toBe("sent");
    expect(await send({ to: ["c@x.test"] })).toMatchObject({ code: "limit.reached" });
    at += DAY_MS;
    expect(await send({ to: ["c@x.test"] })).toBe("sent");
  });
});

describe("storage", () => {
  it("refuses a send that would exceed it, and has room again when mail is deleted", async () => {
    const { pod, policy, inbox, token, send } = await sender({ storageBytes: -1 });
    expect(await send()).toBe("sent");
    const [messageId = ""] = await storedOf(inbox);
    const { size } = await t.run(token, getMessage, { inbox }, { messageId });
    await t.run(t.rootToken, updatePolicy, {}, { id: policy, limits: { storageBytes: size * 2 + 10 } });
    expect(await send()).toBe("sent");
    expect(await send()).toMatchObject({
      code: "storage.reached",
      details: { limit: { resource: "storageBytes", count: size * 2 + 10, used: size * 2 } },
    });
    await t.run(token, deleteMessage, { inbox }, { messageId });
    expect(await send()).toBe("sent");
    expect(await send()).toMatchObject({ code: "storage.reached" });
    await attachPolicy(t, pod, null);
    expect(await send()).toBe("sent");
  });
});

describe("what a message has", () => {
  it("is bounded: attachments, their types and bytes, and the whole", async () => {
    const { inbox, token } = await sender({
      attachmentCount: 2,
      attachmentBytes: 100,
      attachmentTypes: ["text/*", "image/png"],
      messageBytes: 3000,
    });
    const file = (contentType: string, bytes = 10) => ({
      filename: "f",
      contentType,
      content: Buffer.alloc(bytes, "x").toString("base64"),
    });
    const refusal = async (attachments: ReturnType<typeof file>[], text = "Hi.") => {
      const input = { to: ["a@x.test"], text, attachments, idempotencyKey: null };
      return (await t.refusal(token, sendMessage, { inbox }, input)).code;
    };
    const text = file("text/plain; charset=utf-8");
    const ok = {
      to: ["a@x.test"],
      text: "Hi.",
      attachments: [text, file("image/png")],
      idempotencyKey: null,
    };
    await expect(t.run(token, sendMessage, { inbox }, ok)).resolves.toHaveProperty("messageId");
    expect(await refusal([text, text, text])).toBe("attachment.refused");
    expect(await refusal([file("image/jpeg")])).toBe("attachment.refused");
    expect(await refusal([file("text/plain", 101)])).toBe("message.too_large");
    expect(await refusal([], "x".repeat(3000))).toBe("message.too_large");
  });
});

it("the counts of an inbox go with it", async () => {
  const { inbox, token, send } = await sender({ newRecipientsPerDay: 9, storageBytes: 10_000_000 });
  expect(await send()).toBe("sent");
  const left = async (): Promise<number> => {
    const { rows } = await t.behind((tx) =>
      sql<{
        n: number;
      }>`select (select count(*) from send_counts c where not exists (select from inboxes i where i.id = c.inbox_id))
        + (select count(*) from sent_recipients c where not exists (select from inboxes i where i.id = c.inbox_id)) as n`.execute(
        tx.within(systemScope),
      ),
    );
    return Number(rows[0]?.n);
  };
  await t.run(token, deleteInbox, { inbox }, undefined);
  expect(await left()).toBe(0);
});
