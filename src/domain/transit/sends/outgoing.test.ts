/** What callers give to send, before anything is written. */
import { expect, test } from "vitest";
import { checkOutgoing } from "./outgoing.ts";

const attached = (content: string): Buffer | null => {
  const [attachment] = checkOutgoing({ attachments: [{ content }] }).attachments;
  return attachment !== undefined && "content" in attachment ? attachment.content : null;
};

test.each([
  ["of the standard alphabet", "+/+/"],
  ["of the alphabet for URLs", "-_-_"],
  ["in lines", "+/\r\n+\n/"],
])("base64 %s is read", (_what, content) => {
  expect(attached(content)?.toString("hex")).toBe("fbffbf");
});

test.each([
  ["without padding", "QQ"],
  ["with it", "QQ=="],
  ["with a line break in it", "QQ=\n=\n"],
])("an end %s is read", (_what, content) => {
  expect(attached(content)?.toString()).toBe("A");
});

test.each(["Q", "QUJDQ", "QQ===", "Q=Q=", "QQ*=", "QQ ==", "=QQ", "Qé==", "QŁJD", "QUJ D==="])(
  "%j is refused",
  (content) => {
    expect(() => attached(content)).toThrow("content must be base64");
  },
);

const MEGABYTE = 1024 * 1024;

// Where one needs more than linear time, its test runs into the timeout.
test.each([
  ["padding and more behind", `${"=".repeat(6 * MEGABYTE)}A`],
  ["padding without end", "=".repeat(6 * MEGABYTE)],
])("megabytes of %s are refused", (_what, content) => {
  expect(() => attached(content)).toThrow("content must be base64");
});
