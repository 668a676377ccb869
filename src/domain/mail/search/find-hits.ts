/**
 * A page of hits. The newest MAX_RANKED_HITS are a window, which is put in order as a whole; behind it comes the next one. So a page costs the
 * same however many messages have what was asked for, and all of them can be reached.
 */
import { type SearchQuery, toTsquery } from "../../../protocols/search/index.ts";
import type { Context } from "../../door/context.ts";
import type { Cursor } from "../../door/cursor.ts";
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
import { findIndexed, findUnindexed, type Wanted } from "./hit-store.ts";
import { MAX_RANKED_HITS } from "./limits.ts";

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

/** Hits in the transaction's scope, in order; those that a restricted label hides are left out. */
export async function findHits(context: Context, request: HitRequest): Promise<HitPage> {
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
  });
  const first = cursor === null ? window.upto.timestamp : from.first;
  const rest = window.hits.filter((hit) => byRank(from.last, hit) < 0);
  const hits = rest.slice(0, request.size);
  const last = hits.at(-1);
  if (rest.length > hits.length && last !== undefined)
    return { hits, next: cursorOf({ upto: window.upto, above: window.above, first, last }) };
  const isLastWindow = byTime(window.above, floor) >= 0;
  return { hits, next: isLastWindow ? null : cursorOf(beginningAt(window.above, floor, first)) };
}

interface Window {
  readonly upto: Place;
  readonly above: Place;
  /** In the order asked for. */
  readonly hits: readonly Hit[];
}

async function readWindow(
  { tx, scope }: Context,
  { order, ofThreads }: HitRequest,
  at: { readonly asked: string; readonly from: SearchPosition; readonly newest: Date | null },
): Promise<Window> {
  const { asked, from, newest } = at;
  const wanted: Wanted = {
    asked,
    upto: from.upto,
    above: from.above,
    newest: ofThreads ? newest : null,
    ofThreads,
  };
  const unindexed = await findUnindexed(tx, scope, wanted);
  const indexed = await findIndexed(tx, scope, wanted, MAX_RANKED_HITS + 1);
  const known = new Set(indexed.map(({ id }) => id));
  const all = [...indexed, ...unindexed.filter(({ id }) => !known.has(id))].toSorted(byTime);
  // One more than a window: the next one begins with it. A later page of the window knows where that is.
  const beyond = isBeginning(from) ? all[MAX_RANKED_HITS] : undefined;
  const inside = beyond === undefined ? all : all.slice(0, MAX_RANKED_HITS);
  const hits = order === "timestamp" ? inside.map((hit) => ({ ...hit, rank: 0 })) : inside;
  const ordered = hits.toSorted(byRank);
  return {
    upto: isBeginning(from) ? (all[0] ?? from.upto) : from.upto,
    above: beyond ?? from.above,
    hits: ofThreads ? bestOfThreads(ordered) : ordered,
  };
}

function bestOfThreads(ordered: readonly Hit[]): Hit[] {
  const seen = new Set<string>();
  return ordered.filter(({ threadId }) => !seen.has(threadId) && seen.add(threadId));
}
