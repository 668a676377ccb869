/** Mails as programs write them, each with the reply that a reader should see: `corpus/*.cases`, all of them written for this project. */
import { readdirSync, readFileSync } from "node:fs";

/** Where the sender's words lie: above the history, between its lines, below it, around a forwarded mail; none: nothing is quoted. */
export type PostingStyle = "top" | "inline" | "bottom" | "forward" | "none";

export interface ReplyCase {
  readonly name: string;
  readonly tongue: string;
  readonly client: string;
  readonly style: PostingStyle;
  readonly subject: string;
  /** True when the mail has In-Reply-To. */
  readonly isAnswer: boolean;
  readonly text: string | null;
  readonly html: string | null;
  /** What is left of the text when history, footers and signatures are gone. */
  readonly reply: string;
  /** The same of the HTML as it is displayed; `reply` where the case says nothing else. */
  readonly htmlReply: string;
  /** The sender's own words that must be in every result; the lines of the reply where the case says nothing else. */
  readonly own: readonly string[];
}

const styles: readonly PostingStyle[] = ["top", "inline", "bottom", "forward", "none"];
const sectionNames = ["text", "html", "reply", "html-reply", "own"] as const;
type SectionName = (typeof sectionNames)[number];

const folder = new URL("corpus/", import.meta.url);

/** All cases, files and cases in the order of their names and lines. */
export const replyCases = (): readonly ReplyCase[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".cases"))
    .toSorted()
    .flatMap((name) => casesOf(readFileSync(new URL(name, folder), "utf8"), name));

/**
 * A case begins with `%% case NAME` and has fields (`tongue: German`), then sections, each of which begins with `%% SECTION`
 * and goes on to the next line with `%%`; what is above the first case is a note to the reader.
 * @throws Error for a case that misses a field or has an unknown one
 */
export function casesOf(source: string, file: string): readonly ReplyCase[] {
  return source
    .split(/^%% case /m)
    .slice(1)
    .map((each) => caseOf(each, file));
}

function caseOf(source: string, file: string): ReplyCase {
  const [head = "", ...rest] = source.split(/^%% /m);
  const [name = "", ...fieldLines] = head.trim().split("\n");
  const fail = (what: string): never => {
    throw new Error(`${file}: case ${name}: ${what}`);
  };
  const fields = new Map(fieldLines.map((line) => pair(line, ": ")));
  const sections = new Map(rest.map((section) => pair(section, "\n")));
  const field = (key: string, otherwise?: string): string =>
    fields.get(key) ?? otherwise ?? fail(`has no ${key}`);
  for (const key of fields.keys()) if (!fieldNames.has(key)) fail(`has a field ${key}`);
  for (const key of sections.keys())
    if (!sectionNames.some((known) => known === key)) fail(`has a section ${key}`);
  const section = (key: SectionName): string | null => sections.get(key) ?? null;
  const style = field("style");
  const reply = section("reply") ?? fail("has no reply");
  return {
    name,
    tongue: field("tongue"),
    client: field("client"),
    style: styles.find((known) => known === style) ?? fail(`has a style ${style}`),
    subject: field("subject", "Re: Delivery of order 17"),
    isAnswer: field("answers", "yes") === "yes",
    text: section("text"),
    html: section("html"),
    reply,
    htmlReply: section("html-reply") ?? reply,
    own: (section("own") ?? reply).split("\n").filter((line) => line.trim() !== ""),
  };
}

const fieldNames: ReadonlySet<string> = new Set(["tongue", "client", "style", "subject", "answers"]);

function pair(source: string, separator: string): [string, string] {
  const at = source.indexOf(separator);
  return at === -1 ? [source.trim(), ""] : [source.slice(0, at), source.slice(at + separator.length)];
}
