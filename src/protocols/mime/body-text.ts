/** The text of a mail, joined from its body parts as a mail client shows it. */
import { decodeText } from "./charset.ts";
import { htmlOfText } from "./html-text.ts";
import type { Part } from "./parts.ts";
import { decodeTransfer } from "./transfer-encoding.ts";

interface BodyText {
  readonly group: number;
  readonly isHtml: boolean;
  readonly content: string;
}

/**
 * Bytes of a mail that are decoded as text, in their transfer encoding: forty times what Gmail shows of one. A longer text
 * part is an attachment as well: decoding all of it would take several times its size in memory.
 */
const MAX_TEXT_BYTES = 4 * 1024 * 1024;
/** Of those, how many may be dropped to end at a line. */
const MAX_LINE = 1000;

const LF = 0x0a;

/** Body parts decoded as text, the last one truncated at the bound, and attachments, whole. */
export function textsAndFiles(parts: readonly Part[]): { readonly texts: Part[]; readonly files: Part[] } {
  const texts: Part[] = [];
  const files: Part[] = [];
  let leftBytes = MAX_TEXT_BYTES;
  for (const part of parts) {
    const { body } = part;
    const isText = isBodyText(part);
    if (isText && body.length <= leftBytes) texts.push(part);
    else files.push(part);
    if (!isText) continue;
    if (body.length > leftBytes && leftBytes > 0) texts.push({ ...part, body: startOf(body, leftBytes) });
    leftBytes = Math.max(0, leftBytes - body.length);
  }
  return { texts, files };
}

function startOf(body: Buffer, bytes: number): Buffer {
  const lineEnd = body.lastIndexOf(LF, bytes - 1) + 1;
  return body.subarray(0, lineEnd > bytes - MAX_LINE ? lineEnd : bytes);
}

/** True for a text body part; false for an attachment, also for one shown inline. */
function isBodyText({ type, disposition, isBeside }: Part): boolean {
  if (type.value !== "text/plain" && type.value !== "text/html") return false;
  return disposition.value !== "attachment" && !(isBeside && disposition.parameters.has("filename"));
}

/** The bytes of a part with the transfer encoding removed. */
export function contentOf(part: Part): Buffer {
  const encoding = part.fields.find(({ key }) => key === "content-transfer-encoding");
  return decodeTransfer(part.body, encoding?.value ?? "");
}

/**
 * Both texts of what `textsAndFiles` found, line ends as `\n`, without NUL; empty when there is none. Text comes from text/plain parts only; HTML, when
 * there is some, also shows the text/plain parts that have no HTML version, such as a mailing list's footer.
 */
export function bodyTexts(found: readonly Part[]): { readonly text: string; readonly html: string } {
  const texts = found.map(readText);
  const inHtml = new Set(texts.filter(({ isHtml }) => isHtml).map(({ group }) => group));
  const plain = texts.filter(({ isHtml }) => !isHtml);
  return {
    text: plain.map(({ content }) => content).join("\n"),
    html:
      inHtml.size === 0
        ? ""
        : texts
            .filter(({ isHtml, group }) => isHtml || !inHtml.has(group))
            .map(({ isHtml, content }) => (isHtml ? content : htmlOfText(content)))
            .join("\n"),
  };
}

function readText(part: Part): BodyText {
  const { type, group } = part;
  const isHtml = type.value === "text/html";
  const decoded = decodeText(contentOf(part), type.parameters.get("charset") ?? "");
  const lines = decoded.replaceAll("\0", "").toWellFormed().replaceAll(/\r\n?/g, "\n");
  const isFlowed = !isHtml && type.parameters.get("format")?.toLowerCase() === "flowed";
  const content = isFlowed ? unflow(lines, type.parameters.get("delsp")?.toLowerCase() === "yes") : lines;
  return { group, isHtml, content };
}

/** RFC 3676 section 4: lines that end in a space go on in the next; quoted ones are left alone, so that quotes stay quotes. */
function unflow(text: string, deleteSpace: boolean): string {
  const pieces: string[] = [];
  let flowing = false;
  for (const [index, line] of text.split("\n").entries()) {
    const quoted = line.startsWith(">");
    const content = line.startsWith(" ") ? line.slice(1) : line;
    if (index > 0 && (!flowing || quoted)) pieces.push("\n");
    flowing = content.endsWith(" ") && content !== "-- " && !quoted;
    pieces.push(flowing && deleteSpace ? content.slice(0, -1) : content);
  }
  return pieces.join("");
}
