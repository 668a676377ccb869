import { expect, test } from "vitest";
import { UsageError } from "../parts.ts";
import { sinceOf } from "./since.ts";

const now = new Date("2026-11-26T12:00:00Z");

test.each([
  ["30m", "2026-11-26T11:30:00.000Z"],
  ["24h", "2026-11-25T12:00:00.000Z"],
  ["7d", "2026-11-19T12:00:00.000Z"],
  ["2w", "2026-11-12T12:00:00.000Z"],
  ["2026-11-01", "2026-11-01T00:00:00.000Z"],
  ["2026-11-01T08:00:00+02:00", "2026-11-01T06:00:00.000Z"],
])("--since %s", (text, expected) => {
  expect(sinceOf(text, now)).toBe(expected);
});

test.each(["", "7", "7 d", "7y", "-7d", "yesterday", "2026", "26.11.2026", "2026-13-01", "999999d"])(
  "--since %s is refused",
  (text) => {
    expect(() => sinceOf(text, now)).toThrow(UsageError);
  },
);
