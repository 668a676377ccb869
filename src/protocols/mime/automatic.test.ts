import { describe, expect, it } from "vitest";
import { automaticKindOf } from "./index.ts";

const kindOf = (headers: Record<string, string>, hasNullPath = false) =>
  automaticKindOf(headers, hasNullPath);

describe("mail of a program is recognised", () => {
  it.each([
    ["bounce", {}, true],
    ["bounce", { "Content-Type": 'multipart/report; report-type="delivery-status"; boundary=b' }, false],
    ["bounce", { "Content-Type": "Multipart/Report;\r\n report-type=feedback-report" }, false],
    ["bounce", { "Content-Type": "multipart/report; report-type=disposition-notification" }, false],
    ["auto_reply", { "Auto-Submitted": "auto-replied" }, false],
    ["auto_reply", { "auto-submitted": "Auto-Replied (vacation); owner-email=a@x.test" }, true],
    ["auto_reply", { Precedence: "auto_reply" }, false],
    ["auto_reply", { "X-Autoreply": "yes" }, false],
    ["auto_reply", { "X-Autorespond": "Out of office" }, false],
    ["auto_generated", { "Auto-Submitted": "auto-generated" }, false],
    ["auto_generated", { "Auto-Submitted": "auto-notified; owner-email=a@x.test" }, false],
    ["auto_generated", { "Auto-Submitted": "x-something-new" }, false],
    ["list", { "List-Id": "<dev.x.test>", Precedence: "bulk" }, false],
    ["list", { "LIST-POST": "NO" }, false],
    ["list", { Precedence: " List" }, false],
    ["bulk", { Precedence: "bulk" }, false],
    ["bulk", { precedence: "Junk" }, false],
    ["bulk", { "List-Unsubscribe": "<https://x.test/u/1>" }, false],
    ["no_reply", { "X-Auto-Response-Suppress": "DR, OOF" }, false],
    ["no_reply", { "X-Auto-Response-Suppress": "All" }, false],
  ] as const)("%s by %j, null reverse-path: %s", (kind, headers, hasNullPath) => {
    expect(kindOf({ ...headers }, hasNullPath)).toBe(kind);
  });
});

describe("mail of a person is not", () => {
  it.each([
    {},
    { "Auto-Submitted": "no" },
    { "Auto-Submitted": "No (really)" },
    { "Auto-Submitted": "" },
    { Precedence: "first-class" },
    { Precedence: "constructor" },
    { "X-Auto-Response-Suppress": "DR, RN, NRN" },
    { "Content-Type": "multipart/mixed; boundary=report-type" },
    { "Content-Type": "multipart/report; report-type=other" },
    { Subject: "Auto-Submitted: auto-replied" },
  ])("%j", (headers) => {
    expect(kindOf({ ...headers })).toBeNull();
  });
});
