/** Names of attachments. */
import { oneLine } from "./header.ts";

/** Characters of a file name: what file systems allow. */
const MAX_FILE_NAME = 255;

/** How a path begins or what it goes through: from the root, a drive, a home, a URL, up or here. */
const path = /^(?:[/\\~]|[a-z]:[/\\]|[a-z][a-z0-9+.-]{1,20}:\/\/)|(?:^|[/\\])\.{1,2}(?:[/\\]|$)/i;

/**
 * A safe file name; null when nothing of it is one. Directories and bidirectional controls are removed, which can mislead
 * the person who saves it (RFC 2183 section 5); of a long name the end is kept, which has the extension. A slash that
 * divides no path is part of the name, as in `Invoice 11/2026.pdf`, and becomes `_`.
 */
export function fileName(written: string): string | null {
  const shown = oneLine(written.replaceAll(/[\u202a-\u202e\u2066-\u2069]/g, "")).replaceAll("\t", " ");
  const base = path.test(shown) ? (shown.split(/[/\\]/).at(-1) ?? "") : shown.replaceAll(/[/\\]/g, "_");
  const name = base.trim().slice(-MAX_FILE_NAME).toWellFormed();
  return name === "" || name === "." || name === ".." ? null : name;
}
