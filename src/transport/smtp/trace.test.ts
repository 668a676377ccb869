import { expect, test } from "vitest";
import { type Trace, traceFields } from "./trace.ts";

const trace: Trace = {
  returnPath: "a@outside.test",
  clientName: "mail.outside.test",
  clientAddress: "192.0.2.1",
  hostname: "mx.rookery.test",
  extended: true,
  encrypted: false,
  international: false,
  id: "abc-1",
  recipients: ["desk+tag@rookery.test"],
  at: new Date("2026-03-04T05:06:07Z"),
};

test("the header says who, where, how, for whom and when", () => {
  expect(traceFields(trace)).toBe(
    "Return-Path: <a@outside.test>\r\nReceived: from mail.outside.test ([192.0.2.1])\r\n\tby mx.rookery.test with ESMTP id abc-1\r\n\tfor <desk+tag@rookery.test>;\r\n\tWed, 04 Mar 2026 05:06:07 +0000\r\n",
  );
});

test("no recipient is named when there are several: each would learn of the others", () => {
  const header = traceFields({ ...trace, recipients: ["a@rookery.test", "b@rookery.test"] });
  expect(header).not.toContain("for ");
  expect(header).toContain("id abc-1;\r\n");
});

test.each([
  [{ extended: false }, "SMTP"],
  [{ encrypted: true }, "ESMTPS"],
  [{ extended: false, encrypted: true }, "SMTPS"],
  [{ international: true }, "UTF8SMTP"],
  [{ international: true, encrypted: true }, "UTF8SMTPS"],
])("%o is the protocol %s", (change, protocol) => {
  expect(traceFields({ ...trace, ...change })).toContain(` with ${protocol} id`);
});

test("an IPv6 address is a tagged literal", () => {
  expect(traceFields({ ...trace, clientAddress: "2001:db8::1" })).toContain("([IPv6:2001:db8::1])");
});

test.each(["a\r\nBcc: evil@x", "a\nX: y", "a(comment)", "a b", "\0", "x".repeat(5000), "", "é"])(
  "the client's name %j adds no header and no long line",
  (clientName) => {
    const lines = traceFields({ ...trace, clientName }).split("\r\n");
    expect(lines).toHaveLength(6);
    for (const line of lines) expect(line.length).toBeLessThan(998);
    for (const line of lines.slice(2, 5)) expect(line).toMatch(/^\t/);
    expect(lines[1]).toMatch(/^Received: from [A-Za-z0-9.:_-]+ \(\[192\.0\.2\.1\]\)$/);
  },
);

test.each(['"a b"@rookery.test', "d\u00e9sk@rookery.test", "a>;\r\nX: y"])(
  "the recipient %j, which a header would have to quote or encode, is left out",
  (recipient) => {
    const header = traceFields({ ...trace, recipients: [recipient] });
    expect(header).not.toContain("for <");
    expect(header.split("\r\n")).toHaveLength(5);
  },
);

test("a bounce has an empty return path", () => {
  expect(traceFields({ ...trace, returnPath: "" })).toMatch(/^Return-Path: <>\r\nReceived: /);
});
