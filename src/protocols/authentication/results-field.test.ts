/** Authentication-Results: ours as it is written, and what claims to be ours as it is found. */
import { describe, expect, test } from "vitest";
import { resultsField, withoutForgedResults } from "./results-field.ts";
import type { Verdicts } from "./verdicts.ts";

const HOST = "mx.rookery.test";
const body = "From: a@b.test\r\n\r\nAuthentication-Results: mx.rookery.test; spf=pass\r\n";
const cleaned = (fields: string): string =>
  Buffer.from(withoutForgedResults(Buffer.from(`${fields}${body}`, "latin1"), HOST)).toString("latin1");

describe("a field in our name is removed", () => {
  test.each([
    ["plain", "Authentication-Results: mx.rookery.test; spf=pass\r\n"],
    ["in capitals, with a blank before the colon", "AUTHENTICATION-RESULTS : MX.Rookery.TEST;none\r\n"],
    ["folded before the name", "Authentication-Results:\r\n\tmx.rookery.test;\r\n spf=pass\r\n"],
    ["behind comments", "Authentication-Results: (a (b\\) ) c) mx.rookery.test (x) 1; spf=pass\r\n"],
    ["quoted", 'Authentication-Results: "mx.rookery\\.test"; spf=pass\r\n'],
    ["with a version", "Authentication-Results: mx.rookery.test 1; spf=pass\r\n"],
    ["with bare line feeds", "Authentication-Results: mx.rookery.test;\n spf=pass\n"],
    [
      "behind comments in comments",
      `Authentication-Results: ${"(".repeat(30)}${")".repeat(30)} mx.rookery.test; a\r\n`,
    ],
    ["between quotes in comments", 'Authentication-Results: (") mx.rookery.test; spf=pass (")\r\n'],
    ["with the dot of the root", "Authentication-Results: mx.rookery.test.; spf=pass\r\n"],
    ["twice", "Authentication-Results: mx.rookery.test; a\r\nauthentication-results:mx.rookery.test\r\n"],
  ])("%s", (_how, field) => {
    expect(cleaned(field)).toBe(body);
    expect(cleaned(`Subject: x\r\n${field}To: y\r\n`)).toBe(`Subject: x\r\nTo: y\r\n${body}`);
  });
});

test("padding hides no field, in front of it or behind", () => {
  const padding = "X-Padding: y\r\n".repeat(40_000);
  const forged = "Authentication-Results: mx.rookery.test; spf=pass\r\n";
  expect(cleaned(`${forged}${padding}${forged}`)).toBe(padding + body);
});

test.each([
  "Authentication-Results: relay.test; x=mx.rookery.test\r\n",
  "Authentication-Results: mx.rookery.test.evil.test; spf=pass\r\n",
  "X-Authentication-Results: mx.rookery.test; spf=pass\r\n",
  "Subject: Authentication-Results: mx.rookery.test; spf=pass\r\n",
  "ARC-Authentication-Results: i=1; mx.rookery.test; spf=pass\r\n",
])("another stays: %s", (field) => {
  expect(cleaned(field)).toBe(field + body);
});

test("a long row of parentheses or quotes takes no longer than its length", () => {
  for (const row of ["(", "()", '"', '\\"', "\\"]) {
    const field = `Authentication-Results: ${row.repeat(100_000)}\r\n`;
    expect(cleaned(field)).toBe(field + body);
  }
});

test("text of the sender's is written when it is a name, and left out otherwise", () => {
  const verdicts: Verdicts = {
    spf: { result: "pass", domain: "a.test\r\nX-Evil: 1", identity: "helo" },
    dkim: Array.from({ length: 9 }, () => ({ result: "pass", domain: "b.test", selector: "s;1" })),
    dmarc: { result: "fail", domain: "c.test", policy: "quarantine" },
    arc: { result: "none", domain: null },
  };
  expect(resultsField(HOST, verdicts)).toBe(
    `Authentication-Results: ${HOST};\r\n\tspf=pass;\r\n${"\tdkim=pass header.d=b.test;\r\n".repeat(5)}` +
      "\tdmarc=fail (p=quarantine) header.from=c.test;\r\n\tarc=none\r\n",
  );
});
