/**
 * What makes a mail the same mail, however it came: its originator fields and its body. Relays add trace fields, fold
 * fields anew and change transfer encodings; none of that counts. See docs/decisions/0019-message-identity.md.
 */
import { hash } from "node:crypto";
import { firstEmptyLine, type HeaderField } from "./header.ts";
import type { ParsedMail } from "./parse.ts";

/** Fields that the author's program writes and no relay may change (RFC 5322 sections 3.6.1 to 3.6.5), in the order they are hashed. */
const AUTHORS_FIELDS = [
  "from",
  "sender",
  "reply-to",
  "to",
  "cc",
  "date",
  "subject",
  "in-reply-to",
  "references",
] as const;

/** Those fields as written, without their folding. */
export function authorsFields(fields: readonly HeaderField[]): string[] {
  return AUTHORS_FIELDS.flatMap((key) =>
    fields.filter((field) => field.key === key).map(({ value }) => `${key}:${value.replaceAll(/\s+/g, " ")}`),
  );
}

/** What is hashed of a body: its texts without white space at the end, which relays add and remove, and its files. */
export interface HashedBody extends Pick<ParsedMail, "text" | "html" | "problems"> {
  readonly attachments: readonly {
    readonly filename: string | null;
    readonly contentType: string;
    readonly contentId: string | null;
    readonly sha256: Buffer;
  }[];
}

/** @param raw the whole mail, whose bytes count as its body when not all of it was parsed */
export function contentHash(fields: readonly string[], body: HashedBody, raw: Uint8Array): Buffer {
  const pieces = [
    String(fields.length),
    ...fields,
    ...(body.problems.length === 0 ? piecesOf(body) : [hash("sha256", bodyOf(raw))]),
  ];
  // With its length before each, so that no two mails give one text.
  return hash("sha256", pieces.map((piece) => `${piece.length}:${piece}`).join(""), "buffer");
}

const piecesOf = ({ text, html, attachments }: HashedBody): string[] => [
  text?.trimEnd() ?? "",
  html?.trimEnd() ?? "",
  ...attachments.flatMap(({ filename, contentType, contentId, sha256 }) => [
    filename ?? "",
    contentType,
    contentId ?? "",
    sha256.toString("latin1"),
  ]),
];

/** What is behind the first empty line; all of it where there is none. */
function bodyOf(raw: Uint8Array): Uint8Array {
  const bytes = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  return bytes.subarray(firstEmptyLine(bytes) ?? 0);
}
