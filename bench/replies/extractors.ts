/** Ours and the libraries that do the same, as functions of a text. */
import { createRequire } from "node:module";
import EmailReplyParser from "email-reply-parser";
import { type ConversationHeader, extractReply } from "../../src/protocols/mime/reply-extraction.ts";

export interface Extractor {
  readonly name: string;
  /** @param header what the libraries do not ask for; null for a public case, which has none */
  extract(text: string, header: ConversationHeader | null): string;
}

/** The package has no types. */
const planer: { extractFrom(text: string, type: string): string } = createRequire(import.meta.url)("planer");

const ours: Extractor = {
  name: "ours",
  extract: (text, header) => extractReply(text, null, header).text ?? "",
};
const emailReplyParser: Extractor = {
  name: "email-reply-parser",
  extract: (text) => new EmailReplyParser().parseReply(text),
};
const planerText: Extractor = { name: "planer", extract: (text) => planer.extractFrom(text, "text/plain") };
const shorterOfBoth: Extractor = {
  name: "shorter of both",
  extract(text, header) {
    const both = [emailReplyParser, planerText].map((each) => each.extract(text, header).trim());
    return both.filter((each) => each !== "").toSorted((a, b) => a.length - b.length)[0] ?? "";
  },
};

/** Ours without the header, as the libraries have it. */
const oursAlone: Extractor = { name: "ours, no header", extract: (text) => ours.extract(text, null) };

export const extractors: readonly Extractor[] = [
  ours,
  oursAlone,
  emailReplyParser,
  planerText,
  shorterOfBoth,
];
