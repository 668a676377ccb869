/**
 * A page of hits. The newest MAX_RANKED_HITS are a window, which is put in order as a whole; behind it comes the next one. So a page costs the
 * same however many messages have what was asked for, and all of them can be reached. Where much is read for few hits a window has fewer, or
 * none when its time is over, and the next one goes on behind it. See docs/decisions/0054-bounded-search.md.
 */
import { type SearchQuery, toTsquery } from "../../../protocols/search/index.ts";
import type { Context } from "../../door/context.ts";
import type { Cursor } from "../../door/cursor.ts";
import { fail } from "../../door/failures.ts";
import {
  beginningAt,
  byRank,
  byTime,
  cursorOf,
  earliest,
  type Hit,
  isBeginning,
  latest,
  type Place,
  positionOf,
  type SearchOrder,
  type SearchPosition,
} from "./hit.ts";
import { findIndexed, findUnindexed, isTooLong, type SearchBounds, type Wanted } from "./hit-store.ts";
import { MAX_RANKED_HITS, SEARCH_MS, SEARCH_STATEMENT_MS } from "./limits.ts";

/** Why a search fails that takes too long. */
export const searchFailures = ["range.too_wide"] as const;

const ordinaryBounds: TimeBounds = { budgetMs: SEARCH_MS, statementMs: SEARCH_STATEMENT_MS };

type TimeBounds = Omit<SearchBounds, "page">;

export interface HitRequest {
  readonly query: SearchQuery;
  readonly order: SearchOrder;
  /** Neither is in the results itself. */
  readonly before: Date | null;
  readonly after: Date | null;
  readonly size: number;
  readonly cursor: Cursor | null;
  /** One hit for each thread, its best. */
  readonly ofThreads: boolean;
}

export interface HitPage {
  readonly hits: readonly Hit[];
  readonly next: Cursor | null;
}

/**
 * Hits in the transaction's scope, in order; those that a restricted label hides are left out.
 * @throws Failure range.too_wide for one that has to read too much at once
 */
export async function findHits(
  context: Context,
  request: HitRequest,
  bounds: TimeBounds = ordinaryBounds,
): Promise<HitPage> {
  const asked = toTsquery(request.query);
  if (asked === null) return { hits: [], next: null };
  const { before, after, cursor } = request;
  const floor = after === null ? earliest : { timestamp: after, id: latest.id };
  const ceiling = before === null ? latest : { timestamp: before, id: earliest.id };
  const from = cursor === null ? beginningAt(ceiling, floor, ceiling.timestamp) : positionOf(cursor);
  const window = await readWindow(context, request, {
    asked,
    from: { ...from, above: byTime(from.above, floor) > 0 ? floor : from.above },
    newest: cursor === null ? null : from.first,
    // A later page of a window ends where its first did: what that left out is in the next window.
    // One more than a page shows that there is another.
    bounds: { ...bounds, page: request.size + 1, ...(!isBeginning(from) && { budgetMs: null }) },
  }).catch((error: unknown) => {
    throw isTooLong(error) ? tooWide() : error;
  });
  const first =
    cursor === null ? (window.hits.length === 0 ? window.above : window.upto).timestamp : from.first;
  const rest = window.hits.filter((hit) => byRank(from.last, hit) < 0);
  const hits = rest.slice(0, request.size);
  const last = hits.at(-1);
  if (rest.length > hits.length && last !== undefined)
    return { hits, next: cursorOf({ upto: window.upto, above: window.above, first, last }) };
  const isLastWindow = byTime(window.above, floor) >= 0;
  return { hits, next: isLastWindow ? null : cursorOf(beginningAt(window.above, floor, first)) };
}

const tooWide = () =>
  fail("range.too_wide", {
    message: "Too many messages have these words to look for them together",
    path: ["query"],
    hint: "Search a single inbox or fewer days, or give a word that is rarer.",
  });

interface Window {
  readonly upto: Place;
  readonly above: Place;
  /** In the order asked for. */
  readonly hits: readonly Hit[];
}

async function readWindow(
  { tx, scope }: Context,
  { order, ofThreads }: HitRequest,
  at: {
    readonly asked: string;
    readonly from: SearchPosition;
    readonly newest: Date | null;
    readonly bounds: SearchBounds;
  },
): Promise<Window> {
  const { asked, from, newest, bounds } = at;
  const wanted: Wanted = {
    asked,
    upto: from.upto,
    above: from.above,
    newest: ofThreads ? newest : null,
    ofThreads,
  };
  // At once: a transaction that reads sees one moment, in which each message is in the queue or in the index.
  const [unindexed, { hits: indexed, stoppedAt }] = await Promise.all([
    findUnindexed(tx, scope, wanted),
    findIndexed(tx, scope, wanted, MAX_RANKED_HITS + 1, bounds),
  ]);
  const known = new Set(indexed.map(({ id }) => id));
  const both = [...indexed, ...unindexed.filter(({ id }) => !known.has(id))].toSorted(byTime);
  const all = stoppedAt === null ? both : both.filter((hit) => byTime(hit, stoppedAt) < 0);
  // One more than a window: the next one begins with it. A later page of the window knows where that is.
  const beyond = isBeginning(from) ? all[MAX_RANKED_HITS] : undefined;
  const inside = beyond === undefined ? all : all.slice(0, MAX_RANKED_HITS);
  const hits = order === "timestamp" ? inside.map((hit) => ({ ...hit, rank: 0 })) : inside;
  const ordered = hits.toSorted(byRank);
  return {
    upto: isBeginning(from) ? (all[0] ?? from.upto) : from.upto,
    above: beyond ?? stoppedAt ?? from.above,
    hits: ofThreads ? bestOfThreads(ordered) : ordered,
  };
}

function bestOfThreads(ordered: readonly Hit[]): Hit[] {
  const seen = new Set<string>();
  return ordered.filter(({ threadId }) => !seen.has(threadId) && seen.add(threadId));
}
