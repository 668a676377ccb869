/** AgentMail's pagination: query fields and page envelopes (contract 4). */
import { z } from "@hono/zod-openapi";
import {
  byTime,
  type Cursor,
  type Page,
  type PageRequest,
  type SortKey,
} from "../../../domain/door/cursor.ts";
import { DEFAULT_PAGE_SIZE } from "../../../domain/limits.ts";
import { NextPage, pageTokenField } from "../dialect/page-token.ts";
import { limitField } from "../dialect/whole-number.ts";
import { WireList } from "../dialect/wire-list.ts";
import { MAX_PAGE_SIZE } from "../limits.ts";
import { sample } from "./shapes/sample.ts";

/** Query fields that every list has. One that is repeated is refused. @param key what the list is ordered by */
export const pageFields = (key: SortKey = byTime) => ({
  limit: limitField({ fallback: DEFAULT_PAGE_SIZE, max: MAX_PAGE_SIZE }),
  page_token: pageTokenField(
    key,
    "next_page_token of the previous page, to continue after it; the first page when absent. It is valid for the same list with the same filters only.",
  ),
  ascending: z.stringbool().optional().openapi({
    description: "True: oldest first. False or absent: newest first.",
    type: "boolean",
  }),
});

/** What `pageFields` parse to. */
export interface PageQuery {
  readonly limit?: number | undefined;
  readonly page_token?: Cursor | undefined;
  readonly ascending?: boolean | undefined;
}

export function pageRequest(query: PageQuery): PageRequest {
  return {
    size: Math.min(query.limit ?? DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE),
    after: query.page_token ?? null,
    ascending: query.ascending ?? false,
  };
}

/** `{count, limit?, next_page_token?, [plural]: items}`; `limit` is echoed only when the caller gave it. */
export function pageEnvelope<Item, Wire>(
  plural: string,
  page: Page<Item>,
  query: PageQuery,
  toWire: (item: Item) => Wire,
): Record<string, unknown> {
  return {
    count: page.items.length,
    ...(query.limit !== undefined && { limit: query.limit }),
    ...(page.next !== null && { next_page_token: new NextPage(page.next) }),
    [plural]: new WireList(page.items, toWire),
  };
}

/** Schema of that envelope, for the API docs. @param items e.g. "The pods of this page, newest first." */
export function pageSchema(name: string, plural: string, item: z.ZodType, items: string): z.ZodObject {
  return z
    .object({
      count: z.int().openapi({ description: "Items on this page, not in total.", example: 1 }),
      limit: z
        .int()
        .optional()
        .openapi({ description: "The limit of the request; absent without one.", example: 20 }),
      next_page_token: z.string().optional().openapi({
        description: "Pass it as page_token to get the next page; absent on the last page.",
        example: sample.pageToken,
      }),
      [plural]: z.array(item).openapi({ description: items }),
    })
    .openapi(name, { title: "A page of a list" });
}
