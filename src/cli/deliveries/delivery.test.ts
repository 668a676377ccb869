import { expect, test } from "vitest";
import { queueTable, replyOf } from "./delivery.ts";

test.each([
  [{ code: 550, enhanced_code: "5.1.1", reply: "550 5.1.1 No such mailbox" }, "550 5.1.1 No such mailbox"],
  [{ code: 250, reply: "250 ok" }, "250 ok"],
  [{ enhanced_code: "4.4.1", reply: "connect ECONNREFUSED" }, "4.4.1 connect ECONNREFUSED"],
  [{ code: 550, enhanced_code: "5.1.1", reply: "no such user" }, "550 5.1.1 no such user"],
  [{ code: 450 }, "450"],
  [{}, undefined],
])("the reply of %o is %s: its codes once", (given, text) => {
  expect(replyOf(given)).toBe(text);
});

test("the queue says what is being sent, what is put off until when, and why", async () => {
  const at = { oldest_at: "2026-11-27T23:12:48.380Z", next_attempt_at: "2026-11-27T23:18:00.000Z" };
  const row = { domain: "example.net", queued: 0, sending: 0, deferred: 0, ...at };
  const table = await queueTable([
    { ...row, sending: 2, deferred: 1, why: "450 nope" },
    { ...row, domain: "silent.example", sending: 1 },
  ]);
  expect(table).toContain("2 being sent");
  expect(table).toContain("1 deferred, next 23:18 UTC");
  expect(table).toContain("450 nope");
  expect(table).toContain("1 being sent");
  const waiting = await queueTable([{ ...row, queued: 1 }]);
  expect(waiting).toContain("1 queued");
  expect(waiting).not.toMatch(/being sent|deferred,/);
});
