/** The boundary of a multipart that names none, or another than the one in its body. */

/** Octets of a body in which its first part must begin: a preamble is a sentence. */
const MAX_PREAMBLE = 16 * 1024;
/** Octets of a delimiter that are looked at. */
const MAX_LINE = 1000;

const LF = 0x0a;
const DASHED = Buffer.from("--");

/**
 * A line of two dashes and more is a delimiter when fields of MIME follow it, or when the same line with dashes behind it
 * ends the parts. A signature's dashes, and a rule across the text, have neither.
 * @returns as latin1; null when there is none up to `end`
 */
export function findBoundary(raw: Buffer, start: number, end: number): string | null {
  const last = Math.min(end, start + MAX_PREAMBLE);
  let closingsLeft = 1;
  for (let at = start; at < last; ) {
    const lineFeed = raw.indexOf(LF, at);
    const next = lineFeed === -1 || lineFeed >= end ? end : lineFeed + 1;
    if (raw.subarray(at, at + DASHED.length).equals(DASHED) && next - at < MAX_LINE) {
      const line = raw.toString("latin1", at, next).trimEnd();
      const behind = raw.toString("latin1", next, Math.min(end, next + MAX_LINE));
      if (line.length > DASHED.length && /^content-[a-z-]{1,40}[ \t]*:/i.test(behind)) return line.slice(2);
      // One search to the end of the body for each: that of the first such line, which is where the parts begin.
      if (/\w/.test(line) && closingsLeft-- > 0 && hasClosing(raw, next, end, line)) return line.slice(2);
    }
    at = next;
  }
  return null;
}

function hasClosing(raw: Buffer, start: number, end: number, line: string): boolean {
  const closing = raw.indexOf(`\n${line}--`, start - 1, "latin1");
  return (
    closing !== -1 &&
    closing < end &&
    !/^[\w-]/.test(raw.toString("latin1", closing + line.length + 3, closing + line.length + 4))
  );
}
