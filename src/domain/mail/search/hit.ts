/** Messages that have what was asked for, and the order they are in. */
import type { Cursor, SortKey } from "../../door/cursor.ts";

export interface Hit {
  readonly podId: string;
  readonly id: string;
  readonly threadId: string;
  readonly timestamp: Date;
  /** How well it fits: more is better. */
  readonly rank: number;
}

/** A place in the order of time. */
export interface Place {
  readonly timestamp: Date;
  readonly id: string;
}

/** Relevance: within each window of MAX_RANKED_HITS, the newest first. Timestamp: newest first. */
export type SearchOrder = "relevance" | "timestamp";

/** Before all mail there can be, and behind it. */
export const earliest: Place = {
  timestamp: new Date("0001-01-01T00:00:00.000Z"),
  id: "00000000-0000-0000-0000-000000000000",
};
export const latest: Place = {
  timestamp: new Date("9999-12-31T00:00:00.000Z"),
  id: "ffffffff-ffff-ffff-ffff-ffffffffffff",
};
/** More than any rank. */
const BEST_RANK = 1e9;

/**
 * Where a page of results begins: behind `last` in the window of hits above `above` and up to `upto`. Nothing that arrives between two
 * pages moves a hit from one window into another.
 */
export interface SearchPosition {
  readonly upto: Place;
  /** Not in the window itself; the next one begins with it. */
  readonly above: Place;
  /** Where the first window ended: what arrived since is in none. */
  readonly first: Date;
  readonly last: Pick<Hit, "rank" | "timestamp" | "id">;
}

/** The beginning of the window that ends at `upto`. */
export const beginningAt = (upto: Place, above: Place, first: Date): SearchPosition => ({
  upto,
  above,
  first,
  last: { ...latest, rank: BEST_RANK },
});

export const isBeginning = ({ last }: SearchPosition): boolean => last.rank === BEST_RANK;

/** Types of the values of a cursor of results. */
export const searchKey: SortKey = [
  ...(["timestamptz", "uuid", "timestamptz", "uuid", "timestamptz"] as const),
  ...(["float8", "timestamptz", "uuid"] as const),
];

export const cursorOf = ({ upto, above, first, last }: SearchPosition): Cursor => [
  upto.timestamp,
  upto.id,
  above.timestamp,
  above.id,
  first,
  last.rank,
  last.timestamp,
  last.id,
];

/** @param cursor fits `searchKey` */
export function positionOf(cursor: Cursor): SearchPosition {
  const [uptoAt, uptoId, aboveAt, aboveId, first, rank, at, id] = cursor;
  return {
    upto: { timestamp: dateOf(uptoAt), id: String(uptoId) },
    above: { timestamp: dateOf(aboveAt), id: String(aboveId) },
    first: dateOf(first),
    last: { rank: Number(rank), timestamp: dateOf(at), id: String(id) },
  };
}

const dateOf = (value: Cursor[number] | undefined): Date =>
  value instanceof Date ? value : new Date(Number.NaN);

/** Negative when `a` is newer. */
export const byTime = (a: Place, b: Place): number =>
  b.timestamp.getTime() - a.timestamp.getTime() || compare(b.id, a.id);

export const byRank = (a: SearchPosition["last"], b: SearchPosition["last"]): number =>
  b.rank - a.rank || byTime(a, b);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
