/**
 * Bounces that are written for people alone: qmail's (QSBMF), Exim's, Postfix's and Exchange's of old, Gmail's, and whatever else comes from a
 * mail server and has a code or says that a mail was not delivered.
 */
import { decodeWords } from "../mime/encoded-word.ts";
import { fieldValue } from "../mime/header.ts";
import { contentOf } from "../mime/part-content.ts";
import type { Mail, Part } from "../mime/parts.ts";
import { printable } from "../smtp/reply.ts";
import { codesOrWords } from "./codes.ts";
import { type FailedRecipient, type Feedback, MAX_REPORTED } from "./feedback.ts";

/** Characters of a notice that are read: its servers' words for a hundred recipients. */
const MAX_TEXT = 64 * 1024;
/** Paragraphs looked at. */
const MAX_PARAGRAPHS = 500;

const SENDERS =
  /(?:^|<)(?:mailer[-_.]?daemon|postmaster|mail-?daemon|mdaemon|mail[-.]delivery[-.\w]*|microsoftexchange[0-9a-f]{32})@/i;
/** First words of qmail's bounces, by which they are known (QSBMF). */
const QSBMF = /^Hi\. (?:This is the|The MTA program at)/;
/** What introduces the mail that is returned. */
const RETURNED =
  /^(?:-{2,}.{0,40}(?:below this line|copy of|original message|returned message|message header|forwarded message|enclosed).*|received: .*|return-path: .*|original message headers:.*)$/im;

/** Of the mail that is told of: it looks like an address. */
const MESSAGE_ID = /^[ \t>]*message-id:[^\n]*/gim;
const FAILS =
  /(?:could|can|was|has)(?:n[o']t| not)(?: been| be)? (?:be )?(?:delivered|found|sent)|undeliver(?:ed|able)|deliver(?:y|ed) .{0,60}fail|delivery (?:status notification \()?fail|fail(?:ed|ure) (?:permanently|to deliver|delivery)|returned (?:mail|to sender)|permanent(?:ly)? (?:error|failure|fatal)|did(?:n't| not) reach|could ?n.t deliver|unable to deliver|wasn't able to deliver|weren't able to deliver|not be delivered/i;
/** A server's reply, quoted in a notice in whatever language. A number of three digits alone may be anything. */
const QUOTED_REPLY = /\b(?:said|reply|response|reason|error)\b[^\n]{0,20}[:\s][45]\d\d[ -]/i;
const WAITS =
  /\bdelay(?:ed)?\b|\bdeferred\b|will (?:be retried|continue|keep|try again|retry|attempt)|no action is required/i;
/** What no mailer says of a mail that it gave up; it may go on to say what happens if it does. */
const ONLY_WAITS =
  /not yet been delivered|warning message only|do not need to resend|delivery incomplete|notification \(delay\)|(?:still|remains) undelivered/i;
const GIVEN_UP =
  /permanent|giving up|given up|undeliver(?:ed|able)|not going to try|failed permanently|fatal|could not be delivered to one or more/i;

/** @returns null for what is no notice of a mail server */
export function readNotice({ fields, parts }: Mail): Feedback | null {
  const text = textOf(parts);
  const failed = addressesIn(fieldValue(fields, "x-failed-recipients"));
  const isServers = SENDERS.test(fieldValue(fields, "from")) || failed.length > 0 || QSBMF.test(text);
  if (!isServers) return null;
  const subject = decodeWords(fieldValue(fields, "subject"));
  const said = `${subject}\n${text}`;
  if (ONLY_WAITS.test(said) || (WAITS.test(said) && !GIVEN_UP.test(said))) return { kind: "progress" };
  const sections = sectionsOf(text);
  const isCoded = codesOrWords(text).status !== null || QUOTED_REPLY.test(text);
  if (failed.length === 0 && !FAILS.test(said) && !isCoded && !QSBMF.test(text)) return null;
  const named = failed.length > 0 ? failed.map((address) => namedFailure(address, sections, text)) : sections;
  const recipients = named.length > 0 ? named : [failure([], text)];
  return { kind: "failure", recipients: recipients.slice(0, MAX_REPORTED) };
}

const failure = (addresses: readonly string[], text: string): FailedRecipient => ({
  addresses,
  ...codesOrWords(text),
  reply: printable(text),
});

/** One that a header says has failed for good. */
function namedFailure(address: string, sections: readonly FailedRecipient[], text: string): FailedRecipient {
  const own = sections.find(({ addresses }) => addresses.includes(address)) ?? failure([address], text);
  const isVague = own.status === null && own.code === null;
  return { ...own, addresses: [address], ...(isVague && { status: "5.0.0" }) };
}

/** Paragraphs that name somebody, each with the paragraphs behind it that name nobody. */
function sectionsOf(text: string): FailedRecipient[] {
  const sections: { readonly addresses: readonly string[]; text: string }[] = [];
  for (const paragraph of text.split(/\n[ \t]*\n/, MAX_PARAGRAPHS)) {
    const addresses = addressesIn(paragraph);
    const last = sections.at(-1);
    if (addresses.length > 0 && !isSame(last?.addresses, addresses))
      sections.push({ addresses, text: paragraph });
    else if (last !== undefined) last.text += `\n\n${paragraph}`;
  }
  return sections.flatMap((section) =>
    section.addresses.map((address) => failure([address], linesAbout(address, section))),
  );
}

const isSame = (before: readonly string[] | undefined, now: readonly string[]): boolean =>
  before !== undefined && now.every((address) => before.includes(address));

/** Of a paragraph that names several: from the line that names this one to the next that names another. */
function linesAbout(
  address: string,
  { addresses, text }: { readonly addresses: readonly string[]; readonly text: string },
): string {
  if (addresses.length === 1) return text;
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.toLowerCase().includes(address));
  const others = addresses.filter((other) => other !== address);
  const end = lines.findIndex(
    (line, at) => at > start && others.some((other) => line.toLowerCase().includes(other)),
  );
  const own = lines.slice(start, end === -1 ? undefined : end).join("\n");
  const { status, code } = codesOrWords(own);
  // One reply for all of them, behind the last.
  return status === null && code === null ? text : own;
}

function addressesIn(text: string): string[] {
  // Chinese and Japanese put no space beside an address, but brackets and marks of their own.
  const found = text.matchAll(
    /[^\s<>()"',;:[\]\\\u3000-\u303f\uff00-\uffef]{1,64}@(?:[a-z0-9-]{1,63}\.){1,10}[a-z0-9-]{2,63}/gi,
  );
  return [...new Set([...found].slice(0, MAX_REPORTED).map(([address]) => address.toLowerCase()))];
}

/** What it says before the mail that it returns. */
function textOf(parts: readonly Part[]): string {
  const plain = parts.find(({ type }) => type.value === "text/plain");
  const part = plain ?? parts.find(({ type }) => type.value === "text/html");
  if (part === undefined) return "";
  const content = contentOf(part).subarray(0, MAX_TEXT).toString("utf8").replaceAll("\r\n", "\n");
  const text = (plain === undefined ? withoutTags(content) : content)
    .replaceAll("\0", "")
    .replaceAll(MESSAGE_ID, "")
    .trimStart();
  const end = text.search(RETURNED);
  return end <= 0 ? text : text.slice(0, end);
}

const ENTITIES: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  amp: "&",
  quot: '"',
  nbsp: " ",
  "#64": "@",
};

const withoutTags = (html: string): string =>
  html
    .replaceAll(/<(?:br|\/p|\/div|\/tr|\/li|\/h\d)\b[^<>]{0,300}>/gi, "\n\n")
    .replaceAll(/<[^<>]{0,300}>/g, "")
    .replaceAll(/&(lt|gt|amp|quot|nbsp|#64);/g, (_, name: string) => ENTITIES[name] ?? "");
