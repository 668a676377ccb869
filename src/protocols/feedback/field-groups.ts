/** Groups of fields in the machine-readable parts of reports (RFC 3464 section 2.1, RFC 5965 section 3). */
import { readFields } from "../mime/header.ts";
import { contentOf } from "../mime/part-content.ts";
import type { Part } from "../mime/parts.ts";

/** By lower-case name, in their order. */
export type Fields = ReadonlyMap<string, readonly string[]>;

/**
 * The groups of a part, an empty line between them. A second field of the name that `begins` a group begins one where the empty line is
 * missing.
 */
export function fieldGroups(part: Part, begins: string, limit: number): Fields[] {
  const text = contentOf(part).toString("latin1").replaceAll("\r\n", "\n");
  const groups: Map<string, string[]>[] = [];
  for (const block of text.split(/\n[ \t]*\n/, limit * 2)) {
    let group = new Map<string, string[]>();
    for (const { key, value } of readFields(Buffer.from(block.trimStart(), "latin1"))) {
      if (key === begins && group.has(key)) {
        groups.push(group);
        group = new Map();
      }
      group.set(key, [...(group.get(key) ?? []), value]);
    }
    if (group.size > 0) groups.push(group);
    if (groups.length > limit) break;
  }
  return groups.slice(0, limit);
}

export const first = (fields: Fields, name: string): string => fields.get(name)?.[0] ?? "";

/** An address with its type (RFC 3464 section 2.1.2, RFC 6533 section 3), or alone; null for what is none. */
export function reportedAddress(value: string): string | null {
  const behind = value.slice(value.indexOf(";") + 1).trim();
  const bare = /<([^<>]*)>/.exec(behind)?.[1] ?? behind.split(/\s/)[0] ?? "";
  const decoded = bare.replaceAll(/\\x\{([0-9a-f]{2,6})\}/gi, (written, hex: string) => {
    const point = Number.parseInt(hex, 16);
    return point > 0x1f && point <= 0x10ffff ? String.fromCodePoint(point) : written;
  });
  return decoded.length <= MAX_ADDRESS && /^[^\s@]+@[^\s@]+$/.test(decoded)
    ? decoded.toLowerCase().toWellFormed()
    : null;
}

/** Octets of an address (RFC 5321 section 4.5.3.1). */
const MAX_ADDRESS = 320;
