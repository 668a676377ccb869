import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_REPLY_TEXT } from "../smtp/reply.ts";
import { MAX_REPORT_BYTES, MAX_REPORTED } from "./feedback.ts";
import { readFeedback } from "./index.ts";

const specimen = (name: string): string =>
  readFileSync(new URL(`fixtures/${name}.eml`, import.meta.url), "utf8");

const read = (text: string) => readFeedback(Buffer.from(text));

/** Address, status and reply code of each that failed. */
function failures(name: string): string[] {
  const [lf, crlf] = [read(specimen(name)), read(specimen(name).replaceAll("\n", "\r\n"))];
  expect(crlf, "the same with CR LF").toEqual(lf);
  if (lf?.kind !== "failure") throw new Error(`${name} is ${lf?.kind ?? "ordinary mail"}`);
  return lf.recipients.map(({ addresses, status, code }) => [addresses.join("+"), status, code].join(" "));
}

test.each<[string, ...string[]]>([
  ["postfix-report", "ada@example.net 5.1.1 550"],
  ["several-recipients", "ada@example.net 5.1.1 550", "bob@example.net 4.4.7 452"],
  ["office365", "ada@contoso.example 5.1.10 550"],
  ["gmail-report", "ada@mail.example 5.1.1 550"],
  ["international", "j\u00f6rg@xn--mller-kva.example 5.2.1 "],
  ["vague-status", "ada@old.example 5.2.2 550", "bob@old.example 5.1.1 "],
  ["qmail", "ada@old.example 5.1.1 ", "bob@far.example  550", "cat@slow.example 4.4.7 "],
  ["exim", "ada@exim.example 5.1.1 550", "bob@exim.example 5.2.2 "],
  ["postfix-text", "ada@example.net 5.1.1 550", "bob@example.net 5.2.2 552"],
  ["gmail-text", "ada@far.example 5.7.1 550"],
  ["exchange-text", "ada@corp.example 5.1.1 "],
  ["domino", "ada@corp.example 5.1.1 "],
  ["oracle", "ada@cloud.example 5.1.2 "],
  ["qq", "ada@qq.example  550"],
  ["words-only", " 5.1.1 "],
  ["nothing-known", "  "],
])("%s tells who failed, and why", (name, ...expected) => {
  expect(failures(name)).toEqual(expected);
});

test.each([
  "delayed",
  ...["exim-warning", "exim-warning-retried", "sendmail-warning", "gmail-incomplete"],
  "not-spam",
])("%s is no failure and no complaint", (name) => {
  expect(read(specimen(name))).toEqual({ kind: "progress" });
});

test("an automatic reply is ordinary mail, whatever it says, and so is a mail that quotes a bounce", () => {
  expect(read(specimen("out-of-office"))).toBeNull();
  expect(read("From: ada@example.net\n\nHi")).toBeNull();
  expect(read("From: postmaster@example.net\nSubject: Welcome\n\nYour mailbox is ready.")).toBeNull();
  expect(read("From: postmaster@example.net\nSubject: Moved\n\nWrite to us at: 550 Main Street.")).toBeNull();
  expect(read("")).toBeNull();
});

test("a complaint names who complains, of what kind it is, and the envelope senders of its mail", () => {
  expect(read(specimen("complaint"))).toEqual({
    kind: "complaint",
    type: "abuse",
    recipients: ["ada@example.net", "bob@example.net"],
    returnPaths: ["bounces+token@mail.agents.example", "bounces+other@mail.agents.example"],
  });
  expect(read(specimen("complaint-redacted"))).toEqual({
    kind: "complaint",
    type: "fraud",
    recipients: [],
    returnPaths: ["bounces+token@mail.agents.example"],
  });
});

test("what a server says is kept printable and short", () => {
  const long = `550 5.1.1 \u001b[31m${"x".repeat(100_000)}`;
  const feedback = read(specimen("postfix-report").replace("smtp; 550 5.1.1", `smtp; ${long}`));
  const [recipient] = feedback?.kind === "failure" ? feedback.recipients : [];
  expect(recipient?.reply).toMatch(new RegExp(`^\\P{C}{10,${MAX_REPLY_TEXT}}$`, "u"));
});

test("a report is read to its bounds", () => {
  const group = (n: number): string =>
    `\n\nFinal-Recipient: rfc822; a${n}@x.test\nAction: failed\nStatus: 5.1.1`;
  const many = Array.from({ length: MAX_REPORTED * 2 }, (_, n) => group(n)).join("");
  const feedback = read(
    `From: postmaster@x.test\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x${many}`,
  );
  expect(feedback?.kind === "failure" && feedback.recipients.length).toBe(MAX_REPORTED);
  const far = `${"y".repeat(76)}\n`.repeat(MAX_REPORT_BYTES / 77 + 1);
  expect(read(specimen("postfix-report").replace("This is the mail system", far))?.kind).toBe("failure");
});

test.each([
  ["<", "text/html"],
  ["a@", "text/plain"],
  ["a.b@c.d ", "text/plain"],
  ["a@b.cd\n\n", "text/plain"],
  ["<a@b.cd>: 5", "text/plain"],
  ["550 550 550 ", "text/plain"],
  ["exceeded ", "text/plain"],
  ["\n\n", "message/delivery-status"],
  ["Final-Recipient: rfc822; a@b.cd\n", "message/delivery-status"],
  ["\\x{", "message/feedback-report"],
])("%j over and over in %s ends soon", (piece, type) => {
  const body = piece.repeat(Math.ceil((2 * MAX_REPORT_BYTES) / piece.length));
  expect(() =>
    read(`From: postmaster@x.test\nSubject: Undeliverable\nContent-Type: ${type}\n\n${body}`),
  ).not.toThrow();
});

test("any bytes are read without an error", () => {
  const start = Buffer.from("From: mailer-daemon@x.test\nContent-Type: ");
  const types = ["text/plain", "text/html", "message/delivery-status", "message/feedback-report"];
  fc.assert(
    fc.property(fc.constantFrom(...types), fc.uint8Array({ maxLength: 2000 }), (type, body) => {
      readFeedback(Buffer.concat([start, Buffer.from(`${type}\n\n`), body]));
      readFeedback(body);
    }),
    { seed: 0x5eed, numRuns: 300 },
  );
});
