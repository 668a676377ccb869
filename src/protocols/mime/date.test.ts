import { describe, expect, test } from "vitest";
import { parseDate } from "./date.ts";

const read = (text: string): string | null => parseDate(text)?.toISOString() ?? null;

describe("a date is read as it was meant", () => {
  test.each<[string, string]>([
    ["Thu, 20 Aug 2026 10:00:00 +0200", "2026-08-20T08:00:00.000Z"],
    ["20 Aug 2026 10:00 +0200", "2026-08-20T08:00:00.000Z"],
    ["Thu, 20 Aug 2026 10:00:00 -0700 (PDT)", "2026-08-20T17:00:00.000Z"],
    ["Thu, 20 Aug 2026 10:00:00 +0000 (EST)", "2026-08-20T10:00:00.000Z"],
    ["Thu, 20 Aug 2026 10:00:00 -0000", "2026-08-20T10:00:00.000Z"],
    ["Thu,  20  Aug  2026   10:00:00   +0200 (CEST)", "2026-08-20T08:00:00.000Z"],
    ["Thu (today), 20 Aug (eighth) 2026 10:00:00 (about) +0200", "2026-08-20T08:00:00.000Z"],
    ["Thu, 20 Aug 2026 10:00:60 +0000", "2026-08-20T10:00:59.000Z"],
    ["Thu, 20-Aug-2026 10:00:00 +0000", "2026-08-20T10:00:00.000Z"],
    ["2026-08-20T10:00:00+02:00", "2026-08-20T08:00:00.000Z"],
    ["2026-08-20 10:00:00.123Z", "2026-08-20T10:00:00.000Z"],
    ["Thu Aug 20 10:00:00 2026", "2026-08-20T10:00:00.000Z"],
    ["Thu Aug 20 10:00:00 EDT 2026", "2026-08-20T14:00:00.000Z"],
    ["Thu Aug 20 2026 10:00:00 GMT+0200 (CEST)", "2026-08-20T08:00:00.000Z"],
    ["20.08.2026 10:00", "2026-08-20T10:00:00.000Z"],
    ["Thu, 20 Aug 2026 10.00.00 +0200", "2026-08-20T08:00:00.000Z"],
    ["Thu, 20 Aug 2026 10:00:00 PM +0000", "2026-08-20T22:00:00.000Z"],
    ["Thu, 20 Aug 2026 12:30 am", "2026-08-20T00:30:00.000Z"],
    ["8/20/2026 10:00", "2026-08-20T10:00:00.000Z"],
  ])("%s", (text, iso) => {
    expect(read(text)).toBe(iso);
  });

  test.each<[string, number]>([
    ...(["UT", "UTC", "GMT", "Z", "WET", "A", "M", "XYZ", "+9900"] as const).map(
      (zone) => [zone, 0] as [string, number],
    ),
    ["CEST", 2],
    ["CET", 1],
    ["MESZ", 2],
    ["BST", 1],
    ["EEST", 3],
    ["MSK", 3],
    ["JST", 9],
    ["EST", -5],
    ["EDT", -4],
    ["PDT", -7],
    ["pst", -8],
    ["GMT+2", 2],
    ["UTC+02:00", 2],
    ["+2:00", 2],
    ["(JST)", 9],
    ["", 0],
  ])("in zone %j", (zone, hours) => {
    expect(read(`Thu, 20 Aug 2026 12:00:00 ${zone}`)).toBe(
      new Date(Date.UTC(2026, 7, 20, 12 - hours)).toISOString(),
    );
  });

  test.each<[string, number]>([
    ["26", 2026],
    ["49", 2049],
    ["50", 1950],
    ["99", 1999],
    ["126", 2026],
    ["2026", 2026],
  ])("of the year %s", (written, year) => {
    expect(parseDate(`20 Aug ${written} 10:00:00 +0000`)?.getUTCFullYear()).toBe(year);
  });

  test.each([
    "Do, 20 Aug 2026 10:00:00 +0200",
    "Donnerstag, 20. August 2026 10:00:00 +0200",
    "jeu., 20 août 2026 10:00:00 +0200",
    "jueves, 20 de agosto de 2026 10:00:00 +0200",
    "qui, 20 ago 2026 10:00:00 +0200",
    "gio, 20 ago 2026 10:00:00 +0200",
    "do 20 aug. 2026 10:00:00 +0200",
    "tors, 20 aug 2026 10:00:00 +0200",
    "czw., 20 sie 2026 10:00:00 +0200",
    "Чт, 20 авг 2026 10:00:00 +0200",
    "Per, 20 Ağu 2026 10:00:00 +0200",
    "čt, 20 srp 2026 10:00:00 +0200",
    "木, 20 Aug 2026 10:00:00 +0200",
    "2026年8月20日 10:00:00 +0200",
  ])("in another tongue: %s", (text) => {
    expect(read(text)).toBe("2026-08-20T08:00:00.000Z");
  });

  test.each<[string, number]>([
    ["1 Mär 2026", 2],
    ["1 mai 2026", 4],
    ["1 mag 2026", 4],
    ["1 juin 2026", 5],
    ["1 juil. 2026", 6],
    ["1 Okt 2026", 9],
    ["1 Dez 2026", 11],
    ["1 déc. 2026", 11],
    ["1 ene 2026", 0],
    ["1 fév 2026", 1],
    ["1 мая 2026", 4],
    ["1 paź 2026", 9],
  ])("with the month of %s", (day, month) => {
    expect(parseDate(`${day} 10:00`)?.getUTCMonth()).toBe(month);
  });
});

test.each([
  "",
  "5",
  "yesterday, about noon",
  "20 Foo 2026 10:00",
  "Thu, 20 Aug 2026",
  "99 Aug 2026 10:00",
  "25:00",
  ":".repeat(10_000),
])("%.40j is no date", (text) => {
  expect(parseDate(text)).toBeNull();
});
