/** Files of addresses to suppress. */
import { UsageError } from "../parts.ts";

export interface Line {
  readonly address: string;
  readonly reason?: string;
}

/** Characters of a reason that the server takes. */
const MAX_REASON = 256;

const bare = (cell: string): string => cell.trim().replace(/^"(.*)"$/, "$1");

/** @throws UsageError for a line that has no address */
export function readSuppressions(text: string): Line[] {
  const lines: Line[] = [];
  for (const [index, written] of text
    .replace(/^\ufeff/, "")
    .split(/\r?\n/)
    .entries()) {
    const line = written.trim();
    if (line === "" || line.startsWith("#")) continue;
    const [first = "", ...others] = line.split(/[,;\t]/);
    const address = bare(first);
    if (!address.includes("@")) {
      if (lines.length === 0) continue;
      throw new UsageError(`Line ${index + 1} does not begin with an email address: ${line.slice(0, 60)}`);
    }
    const reason = bare(others.join(" ")).slice(0, MAX_REASON);
    lines.push({ address, ...(reason !== "" && { reason }) });
  }
  return lines;
}
