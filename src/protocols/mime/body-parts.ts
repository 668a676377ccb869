/** Which parts of a mail are its body, and which are attachments. */
import type { Part } from "./parts.ts";
import { splitUuencoded } from "./uuencoded-files.ts";

/**
 * Bytes of a mail that are decoded as text, in their transfer encoding: forty times what Gmail shows of one. A longer text part is
 * an attachment as well: decoding all of it would take several times its size in memory.
 */
const MAX_TEXT_BYTES = 4 * 1024 * 1024;
/** Of those, how many may be dropped to end at a line. */
const MAX_LINE = 1000;

const LF = 0x0a;

/** Body parts decoded as text, the last one truncated at the bound, and attachments, whole. */
export function textsAndFiles(parts: readonly Part[]): { readonly texts: Part[]; readonly files: Part[] } {
  const texts: Part[] = [];
  const files: Part[] = [];
  const body = bodyParts(parts);
  let leftBytes = MAX_TEXT_BYTES;
  for (const part of parts) {
    if (!body.has(part)) {
      if (!isOtherVersion(part)) files.push(part);
      continue;
    }
    const size = part.body.length;
    if (size <= leftBytes) {
      const { text, files: within } = splitUuencoded(part);
      texts.push(text);
      files.push(...within);
    } else {
      files.push(part);
      if (leftBytes > 0) texts.push({ ...part, body: startOf(part.body, leftBytes) });
    }
    leftBytes = Math.max(0, leftBytes - size);
  }
  return { texts, files };
}

function startOf(body: Buffer, bytes: number): Buffer {
  const lineEnd = body.lastIndexOf(LF, bytes - 1) + 1;
  return body.subarray(0, lineEnd > bytes - MAX_LINE ? lineEnd : bytes);
}

/** True for a part that can be what the sender wrote. */
const isText = ({ type, disposition }: Part): boolean =>
  (type.value === "text/plain" || type.value === "text/html") && disposition.value !== "attachment";

const isNamed = ({ type, disposition }: Part): boolean =>
  disposition.parameters.has("filename") || type.parameters.has("name");

/**
 * The body parts, as opposed to attachments. A text part with a file name is an attachment when it has sibling parts, also
 * one shown inline; but the first part of a mail is what the sender wrote, whatever it is called (RFC 2183 section 2.1),
 * and a mail whose texts all have names is no mail without text.
 */
function bodyParts(parts: readonly Part[]): ReadonlySet<Part> {
  const texts = parts.filter(isText);
  const body = new Set(texts.filter((part) => !part.isBeside || !isNamed(part)));
  const [first] = texts;
  const isFirst = first !== undefined && first === parts[0] && first.disposition.value === "inline";
  if (first !== undefined && (isFirst || body.size === 0)) body.add(first);
  if (body.size > 0) return body;
  const other = parts.find((part) => isReadable(part));
  return new Set(other === undefined ? [] : [other]);
}

/** True for a text subtype that is readable undecoded (RFC 2046 section 4.1.4), not a data format. */
const isReadable = ({ type, disposition, isBeside }: Part): boolean =>
  /^text\/(?!(csv|calendar|(x-)?vcard|directory|css|(x-)?javascript|ecmascript|xml|rtf|tab-separated-values|rfc822-headers|x-amp-html|watch-html)$)/.test(
    type.value,
  ) &&
  disposition.value !== "attachment" &&
  !isBeside;

/** Versions of a text for programs that show what others cannot (AMP, watches): no files. */
const isOtherVersion = ({ type, disposition }: Part): boolean =>
  /^text\/(x-amp-html|watch-html)$/.test(type.value) && disposition.value !== "attachment";
