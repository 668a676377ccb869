/** Generated mails read by us, by mailparser and by Python's email package. Every way in which the others differ has its name here. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type GeneratedMail, generatedMail } from "./generated-mail.ts";
import {
  fields,
  fileLine,
  hasPython,
  type Reading,
  readWithMailparser,
  readWithOurs,
  readWithPython,
} from "./readers.ts";

const mails = fc.sample(generatedMail, { seed: 0x5eed, numRuns: 400 });

const meant = (mail: GeneratedMail): Reading => ({
  subject: mail.subject,
  from: mail.from,
  to: mail.to,
  date: mail.date,
  text: mail.text,
  html: mail.html ?? "",
  files: mail.files.map(({ filename, contentType, content }) => fileLine(filename, contentType, content)),
});

/** A field that another reader reads otherwise in mails with that oddity. */
interface Difference {
  readonly name: string;
  readonly field: (typeof fields)[number];
  readonly oddity: string;
}

function unexplained(readings: readonly Reading[], known: readonly Difference[]): unknown[] {
  return mails.flatMap((mail, index) => {
    const [ours, theirs] = [meant(mail), readings[index]];
    return fields.flatMap((field) => {
      if (JSON.stringify(theirs?.[field]) === JSON.stringify(ours[field])) return [];
      if (known.some((each) => each.field === field && mail.oddities.has(each.oddity))) return [];
      return [
        { field, theirs: theirs?.[field], meant: ours[field], oddities: [...mail.oddities].join(", ") },
      ];
    });
  });
}

/** Differences that no mail shows any more are to be struck off. */
function unseen(readings: readonly Reading[], known: readonly Difference[]): string[] {
  return known
    .filter(
      ({ field, oddity }) =>
        !mails.some(
          (mail, index) =>
            mail.oddities.has(oddity) &&
            JSON.stringify(readings[index]?.[field]) !== JSON.stringify(meant(mail)[field]),
        ),
    )
    .map(({ name }) => name);
}

const bodies = ["text", "html", "files"] as const;

const inBodies = (name: string, oddity: string): Difference[] =>
  bodies.map((field) => ({ name, field, oddity }));

/** Of both: a part whose boundary cannot be found has no parts. */
const withoutBoundary: readonly Difference[] = [
  ...inBodies("a multipart whose semicolon is missing is no multipart", "no semicolon"),
  ...inBodies("a multipart with another boundary than it names has no parts", "wrong boundary"),
];

const mailparserDiffers: readonly Difference[] = [
  ...withoutBoundary,
  { name: "a date in a zone it does not know is the time it is read", field: "date", oddity: "zone by name" },
  { name: "a comment inside an address is part of it", field: "to", oddity: "comment in address" },
  { name: "a footer behind base64 is decoded as base64", field: "text", oddity: "text behind base64" },
];

const pythonDiffers: readonly Difference[] = [
  ...withoutBoundary,
  { name: "a zone it does not know is that of Greenwich", field: "date", oddity: "zone by name" },
  { name: "euc-kr is KS X 1001 alone, not code page 949", field: "text", oddity: "text in euc-kr" },
  { name: "euc-kr is KS X 1001 alone, also in HTML", field: "html", oddity: "html in euc-kr" },
  { name: "euc-kr is KS X 1001 alone, also in encoded words", field: "subject", oddity: "subject in euc-kr" },
];

describe("a mail that was made is read as it was meant", () => {
  test("by us, without exception", () => {
    for (const mail of mails) expect(readWithOurs(mail.raw)).toEqual(meant(mail));
  });

  test("by mailparser, but for what is named", async () => {
    const readings = await Promise.all(mails.map(({ raw }) => readWithMailparser(raw)));
    expect(unexplained(readings, mailparserDiffers).slice(0, 5)).toEqual([]);
    expect(unseen(readings, mailparserDiffers)).toEqual([]);
  });

  test.skipIf(!hasPython)("by Python, but for what is named (left out where there is no python3)", () => {
    const readings = readWithPython(mails.map(({ raw }) => raw));
    expect(unexplained(readings, pythonDiffers).slice(0, 5)).toEqual([]);
    expect(unseen(readings, pythonDiffers)).toEqual([]);
  });
});
