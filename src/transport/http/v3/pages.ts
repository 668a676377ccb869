/** Paging (nylas 1.5): by cursor, and by offset. A limit above the maximum is lowered to it. */
import { z } from "@hono/zod-openapi";
import { byTime, type Page, type PageRequest, type SortKey } from "../../../domain/door/cursor.ts";
import { wrongAt } from "../dialect/invalid-request.ts";
import { readPageToken, writePageToken } from "../dialect/page-token.ts";
import { wholeNumber } from "../dialect/whole-number.ts";

/** Items on a page: when the caller names no number, and at most. */
export interface PageBounds {
  readonly fallback: number;
  readonly max: number;
}

/** Of every list that has none of its own (nylas 1.5). */
export const PAGE: PageBounds = { fallback: 50, max: 200 };

/** A list that goes on with a cursor. A token of another one, or of the same with other filters, means nothing to it. */
export interface CursorList {
  /** Route and filters, as text. */
  readonly name: string;
  readonly key: SortKey;
}

/** @param filters what narrows the list besides its path; in any order */
export function cursorList(
  name: string,
  filters: Readonly<Record<string, unknown>> = {},
  key: SortKey = byTime,
): CursorList {
  const given = Object.entries(filters)
    .filter(([, value]) => value !== undefined)
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  return { name: given.length === 0 ? name : `${name} ${JSON.stringify(given)}`, key };
}

const limitField = ({ fallback, max }: PageBounds) =>
  wholeNumber((number) => number.positive())
    .optional()
    .openapi({
      description: `Items on the page: ${fallback} when absent. Limits larger than ${max} are reduced to ${max}.`,
      type: "integer",
      minimum: 1,
      example: 20,
    });

/** Query fields of a list that goes on with a cursor. */
export const cursorFields = (bounds: PageBounds = PAGE) => ({
  limit: limitField(bounds),
  page_token: z.base64url().optional().openapi({
    description:
      "next_cursor of the previous page, to continue after it; the first page when absent. It is valid for the same list with the same filters only.",
    type: "string",
  }),
});

/** What `cursorFields` parse to. */
export interface CursorQuery {
  readonly limit?: number | undefined;
  readonly page_token?: string | undefined;
}

/** @throws InvalidRequest for a page_token that is none of this list */
export function cursorRequest(
  list: CursorList,
  { limit, page_token: token }: CursorQuery,
  { fallback, max }: PageBounds = PAGE,
): PageRequest {
  const after = token === undefined ? null : readPageToken(list.name, list.key, token);
  if (token !== undefined && after === null)
    throw wrongAt(["page_token"], "Invalid page_token: start again from the first page");
  return { size: Math.min(limit ?? fallback, max), after, ascending: false };
}

/** `{next_cursor}`, or nothing on the last page: with a cursor and no items the vendor's client never ends. */
export const nextCursor = ({ name }: CursorList, { next }: Page<unknown>): { next_cursor?: string } =>
  next === null ? {} : { next_cursor: writePageToken(name, next) };

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
