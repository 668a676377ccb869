/** UUID version 7 (RFC 9562): ids that sort by time of creation. */

const pattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** True for the text form of a UUID of any version. */
export function isUuid(text: string): boolean {
  return pattern.test(text);
}

/** The smallest id of a moment: every id made before it sorts before it. @param ms since the epoch; before it there are none */
export function firstIdAt(ms: number): string {
  const time = Math.max(ms, 0).toString(16).padStart(12, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
}

/** Ids per millisecond in the 12-bit counter; at its overflow the timestamp is incremented ahead of the clock. */
const IDS_PER_MS = 4096;

/** Random bytes of one id, and of as many as are drawn at once: a call for each id takes six times as long as all else of it. */
const RANDOM_BYTES = 8;
const DRAWN_BYTES = RANDOM_BYTES * 256;

/**
 * A monotonic source of ids, also within one millisecond (RFC 9562 section 6.2, method 1).
 * @param now milliseconds since the epoch; may repeat or go back
 * @param random returns that many random bytes
 */
export function createIdSource(now: () => number, random: (bytes: number) => Uint8Array): () => string {
  let lastMs = 0;
  let counter = 0;
  let drawn = Buffer.alloc(0);
  let used = 0;
  return () => {
    const ms = now();
    if (ms > lastMs) {
      lastMs = ms;
      counter = 0;
    } else if (++counter === IDS_PER_MS) {
      lastMs++;
      counter = 0;
    }
    if (used === drawn.length) {
      drawn = Buffer.from(random(DRAWN_BYTES));
      used = 0;
    }
    drawn[used] = 0x80 | ((drawn[used] ?? 0) & 0x3f);
    const end = drawn.toString("hex", used, used + RANDOM_BYTES);
    used += RANDOM_BYTES;
    const time = lastMs.toString(16).padStart(12, "0");
    return `${time.slice(0, 8)}-${time.slice(8)}-7${counter.toString(16).padStart(3, "0")}-${end.slice(0, 4)}-${end.slice(4)}`;
  };
}
