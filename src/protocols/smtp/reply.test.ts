import fc from "fast-check";
import { expect, test } from "vitest";
import { codePoint } from "../../../test/support/code-point.ts";
import { judgeReply, MAX_REPLY_TEXT, readReply, type Step } from "./reply.ts";

test.each([
  ["250 2.1.5 ok", 250, "2.1.5", "250 2.1.5 ok"],
  ["250", 250, null, "250"],
  [
    "550-5.1.1 The user\n550-5.1.1 does not\n550 5.1.1 exist",
    550,
    "5.1.1",
    "550 5.1.1 The user does not exist",
  ],
  ["550-no code\r\n550 here", 550, null, "550 no code here"],
  ["554 5.7.1 <b@x.test>: \u001b[31mdenied\u202e", 554, "5.7.1", "554 5.7.1 <b@x.test>: [31mdenied"],
  ["550 5.7.26.1 x", 550, null, "550 5.7.26.1 x"],
  ["550 10.0.0.1 is blocked", 550, null, "550 10.0.0.1 is blocked"],
  ["451 4.3.0", 451, "4.3.0", "451 4.3.0"],
])("%j is read", (raw, code, enhancedCode, text) => {
  expect(readReply(raw)).toEqual({ code, enhancedCode, text });
});

test.each(["", " ", "ok", "25 ok", "2500 ok", "150 ok", "650 ok", "250ok", "\u0000250 ok"])(
  "%j is no reply",
  (raw) => {
    expect(readReply(raw)).toBeNull();
  },
);

test("any text is read without an error, and what is shown is bounded and printable", () => {
  fc.assert(
    fc.property(fc.string({ unit: codePoint, maxLength: 3000 }), (text) => {
      expect(readReply(`550 ${text}`)?.text).toMatch(new RegExp(`^\\P{C}{3,${MAX_REPLY_TEXT}}$`, "u"));
    }),
    { seed: 0x5eed, numRuns: 300 },
  );
});

const verdict = (raw: string, step: Step): string => {
  const reply = readReply(raw);
  if (reply === null) throw new Error("no reply");
  const { kind, fault } = judgeReply(reply, step);
  return `${kind} ${fault}`;
};

test.each<[string, Step, string]>([
  ["250 ok", "message", "accepted null"],
  ["550 5.1.1 no user", "rcpt", "refused mailbox"],
  ["550 no user", "rcpt", "refused mailbox"],
  ["550 5.1.8 bad sender", "mail", "refused policy"],
  ["554 5.7.1 spam", "message", "refused policy"],
  ["554 spam", "rcpt", "refused policy"],
  ["552 full", "rcpt", "refused mailbox"],
  ["552 too large", "message", "refused content"],
  ["550 5.6.0 bad", "message", "refused content"],
  ["550 5.4.4 no route", "rcpt", "refused network"],
  ["501 syntax", "rcpt", "refused protocol"],
  ["503 order", "mail", "deferred protocol"],
  ["421 closing", "data", "deferred system"],
  ["452 4.2.2 full", "rcpt", "deferred mailbox"],
  ["450 greylisted", "rcpt", "deferred mailbox"],
  ["451 4.7.1 greylisted", "rcpt", "deferred policy"],
  ["535 5.7.8 wrong password", "auth", "deferred policy"],
  ["530 5.7.0 authenticate first", "mail", "refused policy"],
  ["554 5.7.1 listed", "greeting", "deferred policy"],
  ["550 bad name", "hello", "deferred policy"],
  ["454 4.7.0 no TLS now", "tls", "deferred policy"],
  ["521 5.3.2 no mail here", "greeting", "refused system"],
  ["556 5.1.10 null MX", "rcpt", "refused mailbox"],
  ["354 go on", "mail", "deferred protocol"],
])("%j at %s is %s", (raw, step, expected) => {
  expect(verdict(raw, step)).toBe(expected);
});
