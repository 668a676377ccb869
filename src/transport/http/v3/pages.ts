/** Paging (nylas 1.5): by cursor, and by offset. A limit above the maximum is lowered to it. */
import {
  byTime,
  type Cursor,
  type Page,
  type PageRequest,
  type SortKey,
} from "../../../domain/door/cursor.ts";
import { NextPage, pageTokenField } from "../dialect/page-token.ts";
import { limitField, type PageBounds, wholeNumber } from "../dialect/whole-number.ts";

/** Of every list that has none of its own (nylas 1.5). */
export const PAGE: PageBounds = { fallback: 50, max: 200 };

/** Query fields of a list that goes on with a cursor. @param key what it is ordered by */
export const cursorFields = (key: SortKey = byTime) => ({
  limit: limitField(PAGE),
  page_token: pageTokenField(
    key,
    "next_cursor of the previous page, to continue after it; the first page when absent. It is valid for the same list with the same filters only.",
  ),
});

/** What `cursorFields` parse to. */
export interface CursorQuery {
  readonly limit?: number | undefined;
  readonly page_token?: Cursor | undefined;
}

export const cursorRequest = (
  { limit, page_token: after }: CursorQuery,
  { fallback, max }: PageBounds = PAGE,
): PageRequest => ({ size: Math.min(limit ?? fallback, max), after: after ?? null, ascending: false });

/** `{next_cursor}`, or nothing on the last page: with a cursor and no items the vendor's client never ends. */
export const nextCursor = ({ next }: Page<unknown>): { next_cursor?: NextPage } =>
  next === null ? {} : { next_cursor: new NextPage(next) };

/** Largest offset that is counted: nothing has so many rows, and PostgreSQL takes no more than a bigint. */
const MAX_OFFSET = 1_000_000_000;

/** Query fields of a list that is walked by offset. */
export const offsetFields = (bounds: PageBounds) => ({
  limit: limitField(bounds),
  offset: wholeNumber((number) => number.min(0).max(MAX_OFFSET))
    .optional()
    .openapi({
      description: "Items to skip; 0 when absent.",
      type: "integer",
      minimum: 0,
      maximum: MAX_OFFSET,
      example: 0,
    }),
});

/** What `offsetFields` parse to. */
export interface OffsetQuery {
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
}

/** Both numbers as they are applied. */
export const offsetRequest = (
  { limit, offset }: OffsetQuery,
  { fallback, max }: PageBounds,
): { readonly limit: number; readonly offset: number } => ({
  limit: Math.min(limit ?? fallback, max),
  offset: offset ?? 0,
});
