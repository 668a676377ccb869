/** The texts of a mail's parts, put together as a reader would see them. */
import { decodeText } from "./charset.ts";
import { htmlOfText } from "./html-text.ts";
import type { Part } from "./parts.ts";
import { decodeTransfer } from "./transfer-encoding.ts";

interface BodyText {
  readonly group: number;
  readonly isHtml: boolean;
  readonly content: string;
}

/** True for a part that is there to be read, not to be saved: a file that is shown is still a file. */
export function isBodyText({ type, disposition, isBeside }: Part): boolean {
  if (type.value !== "text/plain" && type.value !== "text/html") return false;
  return disposition.value !== "attachment" && !(isBeside && disposition.parameters.has("filename"));
}

/** The bytes of a part, out of their transfer encoding. */
export function contentOf(part: Part): Buffer {
  const encoding = part.fields.find(({ key }) => key === "content-transfer-encoding");
  return decodeTransfer(part.body, encoding?.value ?? "");
}

/**
 * Both texts, line ends as `\n`, without NUL; empty when there is none. Text comes from text/plain parts only; HTML, when
 * there is some, also shows the text/plain parts that have no HTML version, such as a mailing list's footer.
 */
export function bodyTexts(parts: readonly Part[]): { readonly text: string; readonly html: string } {
  const texts = parts.filter(isBodyText).map(readText);
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
