/** Uuencoded files inside a text part, as programs without MIME send attachments. */
import { contentOf } from "./part-content.ts";
import type { Part } from "./parts.ts";
import { decodeUuencode } from "./uuencode.ts";

/** Files taken out of one text. */
const MAX_FILES = 100;

const OPENING = Buffer.from("begin ");

/** The text without them, and each as a part of its own; a part without any is returned unchanged. */
export function splitUuencoded(part: Part): { readonly text: Part; readonly files: readonly Part[] } {
  if (part.type.value !== "text/plain" || !part.body.includes(OPENING)) return { text: part, files: [] };
  const content = contentOf(part);
  const files: Part[] = [];
  const kept: Buffer[] = [];
  let at = 0;
  while (files.length < MAX_FILES) {
    const file = decodeUuencode(content, at);
    if (file === null) break;
    kept.push(content.subarray(at, file.start));
    files.push(filePart(part, file.name, file.content));
    at = file.end;
  }
  if (files.length === 0) return { text: part, files };
  kept.push(content.subarray(at));
  return { text: { ...part, fields: [], body: Buffer.concat(kept) }, files };
}

const filePart = (part: Part, name: string, content: Buffer): Part => ({
  ...part,
  fields: [],
  type: { value: "application/octet-stream", parameters: new Map() },
  disposition: { value: "attachment", parameters: new Map([["filename", name]]) },
  body: content,
});
