import { expect, test } from "vitest";
import { countHops } from "./hops.ts";

const hops = (text: string): number => countHops(Buffer.from(text));
const received = "Received: from a by b;\r\n\tWed, 04 Mar 2026 05:06:07 +0000\r\n";

test.each([
  ["none", "Subject: x\r\n\r\nReceived: in the body\r\n", 0],
  ["folded ones among others", `${received}Subject: x\r\n${received}\r\nx`, 2],
  ["in any case, with a space before the colon", "RECEIVED: a\r\nreceived : b\r\n\r\n", 2],
  ["that is what another begins with", "Received-SPF: pass\r\nX-Received: a\r\n\r\n", 0],
  ["in a continuation", "Subject: x\r\n Received: no\r\n\r\n", 0],
  ["with bare line feeds", "Received: a\nReceived: b\n\nReceived: c\n", 2],
  ["without a body", `${received}${received}`, 2],
  ["of nothing", "", 0],
])("a header's Received fields: %s", (_, text, count) => {
  expect(hops(text)).toBe(count);
});

test("only the view that is given is read", () => {
  const bytes = Buffer.from(`${received}Subject: x\r\n\r\n`);
  expect(countHops(bytes.subarray(received.length))).toBe(0);
});

test("25 MB of header cost no more than its start", () => {
  expect(hops("Received: x\n".repeat(2_000_000))).toBeLessThan(100_000);
});
