/** Which parts of a mail are its text, and which are files. */
import type { Part } from "./parts.ts";
import { splitUuencoded } from "./uuencoded-files.ts";

/**
 * Bytes of a mail that are read as text, in their transfer encoding: forty times what Gmail shows of one. A longer text is
 * a file as well, or nobody could read a mail without holding all of it several times over.
 */
const MAX_TEXT_BYTES = 4 * 1024 * 1024;
/** Of those, how many are given up for the end of a line. */
const MAX_LINE = 1000;

const LF = 0x0a;

/** The parts to be read as text, the last of them cut where there is too much, and those to be saved, whole. */
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
 * The parts that are there to be read, not to be saved. A text that bears a name is a file when others stand beside it,
 * also one that is shown; but the first part of a mail is what the sender wrote, whatever it is called (RFC 2183 section 2.1),
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

/** Text in a form that is read as it stands (RFC 2046 section 4.1.4), and no data for a program. */
const isReadable = ({ type, disposition, isBeside }: Part): boolean =>
  /^text\/(?!(csv|calendar|(x-)?vcard|directory|css|(x-)?javascript|ecmascript|xml|rtf|tab-separated-values|rfc822-headers|x-amp-html|watch-html)$)/.test(
    type.value,
  ) &&
  disposition.value !== "attachment" &&
  !isBeside;

/** Versions of a text for programs that show what others cannot (AMP, watches): no files. */
const isOtherVersion = ({ type, disposition }: Part): boolean =>
  /^text\/(x-amp-html|watch-html)$/.test(type.value) && disposition.value !== "attachment";
