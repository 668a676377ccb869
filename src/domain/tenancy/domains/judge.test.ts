import { describe, expect, it } from "vitest";
import type { RecordRole } from "./checks.ts";
import { judge, questionOf } from "./judge.ts";
import type { VerificationRecord } from "./records.ts";

const record = (role: RecordRole, value: string): VerificationRecord => ({
  ...{ role, value, name: "x.example", status: "MISSING", reason: null, isRequired: true, check: null },
  ...{ type: role === "tracking" ? "CNAME" : "TXT", keyState: null },
});
const key = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQ==";
const listed: Readonly<Record<RecordRole, string>> = {
  dkim: `v=DKIM1; k=rsa; p=${key}`,
  spf: "v=spf1 a:mx.host.example -all",
  dmarc: "v=DMARC1; p=reject",
  mx: "mx.host.example",
  "return-path": "mx.host.example",
  wildcard: "mx.host.example",
  tracking: "mx.host.example",
};

const told = (role: RecordRole, ...values: string[]): string => {
  const { status, reason } = judge(record(role, listed[role]), values);
  return reason === null ? status : reason;
};

describe.each([
  ["dkim", listed.dkim, "VALID"],
  ["dkim", `p=${key}`, "VALID"],
  [
    "dkim",
    `v=DKIM1;k=rsa;p=${key.slice(0, 20)} \t${key.slice(20)} ; s=email:web; h=sha1:sha256; t=s`,
    "VALID",
  ],
  ["dkim", `v=DKIM1; k=ed25519; p=${key}`, "value_mismatch"],
  ["dkim", "v=DKIM1; k=rsa; p=", "value_mismatch"],
  ["dkim", `v=DKIM1; k=rsa; p=${key.toLowerCase()}`, "value_mismatch"],
  ["dkim", `v=DKIM1; k=rsa; p=${key}; p=${key}`, "value_mismatch"],
  ["dkim", `v=DKIM1; k=rsa; p=${key}; s=web`, "value_mismatch"],
  ["dkim", `v=DKIM1; k=rsa; p=${key}; h=sha1`, "value_mismatch"],
  ["dkim", "v=spf1 -all", "value_mismatch"],
  ["dkim", "x".repeat(65_000), "value_mismatch"],
  ["spf", listed.spf, "VALID"],
  ["spf", "v=SPF1 include:_spf.other.example A:MX.Host.Example ~all", "VALID"],
  ["spf", "v=spf1 mx -all", "VALID"],
  ["spf", "v=spf1 -all a:mx.host.example", "value_mismatch"],
  ["spf", "v=spf1 ?a:mx.host.example -all", "value_mismatch"],
  ["spf", "v=spf1 a:mx.host.example.evil.example -all", "value_mismatch"],
  ["spf", "v=spf10 a:mx.host.example", "MISSING"],
  ["spf", "google-site-verification=1", "MISSING"],
  ["dmarc", "v=DMARC1; p=reject", "VALID"],
  ["dmarc", "v=DMARC1;p=None; rua=mailto:a@b.example", "VALID"],
  ["dmarc", "v=DMARC1; sp=reject", "value_mismatch"],
  ["dmarc", "v=DMARC1; p=all", "value_mismatch"],
  ["dmarc", "v=DMARC2; p=reject", "MISSING"],
  ["mx", "10 mx.host.example", "VALID"],
  ["mx", "5 MX.Host.Example.", "VALID"],
  ["mx", "0 ", "value_mismatch"],
  ["mx", "10 mx.host.example.evil.example", "value_mismatch"],
  ["tracking", "mx.host.example", "VALID"],
  ["tracking", "elsewhere.example", "value_mismatch"],
] as const)("a record of %s that says %s", (role, value, expected) => {
  it(`is ${expected}`, () => expect(told(role, value)).toBe(expected));
});

it("nothing is missing, and of several that count none does", () => {
  for (const role of Object.keys(listed)) expect(told(role as RecordRole)).toBe("MISSING");
  expect(told("dkim", listed.dkim, listed.dkim)).toBe("duplicate_records");
  expect(told("spf", listed.spf, "v=spf1 -all")).toBe("duplicate_records");
  expect(told("spf", "other text", listed.spf)).toBe("VALID");
  expect(told("dmarc", listed.dmarc, "v=DMARC1; p=none")).toBe("duplicate_records");
});

it("mail goes first to the host that is listed, whoever is behind it", () => {
  expect(told("mx", "10 mx.host.example", "20 backup.example")).toBe("VALID");
  expect(told("mx", "10 mx.host.example", "10 other.example")).toBe("value_mismatch");
  expect(told("mx", "20 mx.host.example", "10 other.example")).toBe("value_mismatch");
});

it("a wildcard is asked for by a name below it, and always by the same", () => {
  const asked = questionOf({ type: "MX", name: "*.acme.example" });
  expect(asked.name).toMatch(/^rk-[0-9a-f]{12}\.acme\.example$/);
  expect(questionOf({ type: "MX", name: "*.acme.example" })).toEqual(asked);
  expect(questionOf({ type: "MX", name: "acme.example" }).name).toBe("acme.example");
});
