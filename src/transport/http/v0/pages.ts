/** This facade's pagination: opaque base64url tokens <-> the domain's cursor; page envelopes (contract 4). */
import { z } from "@hono/zod-openapi";
import type { Cursor, Page, PageRequest } from "../../../domain/cursor.ts";
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from "../../../domain/limits.ts";

const cursorSchema = z.tuple([z.iso.datetime(), z.uuid()]);

function encodeCursor(cursor: Cursor): string {
  return Buffer.from(JSON.stringify([cursor.at.toISOString(), cursor.id])).toString("base64url");
}

/** Sends "restart" for a token that is base64url but none of ours. */
function decodeCursor(token: string, context: z.RefinementCtx): Cursor {
  try {
    const [at, id] = cursorSchema.parse(JSON.parse(Buffer.from(token, "base64url").toString("utf8")));
    return { at: new Date(at), id };
  } catch {
    context.addIssue({
      code: "custom",
      message: "Invalid page_token: start again from the first page",
      input: token,
    });
    return z.NEVER;
  }
}

/** Query fields that every list has. The last occurrence of a repeated field counts. */
export const pageFields = {
  limit: z.coerce.number().int().positive().optional().openapi({
    description: "Items on the page; 50 when absent, 1000 at most.",
    type: "integer",
    example: 20,
  }),
  page_token: z
    .base64url()
    .transform(decodeCursor)
    .optional()
    .openapi({ description: "next_page_token of the page before.", type: "string" }),
  ascending: z
    .stringbool()
    .optional()
    .openapi({ description: "Oldest first instead of newest first.", type: "boolean" }),
};

/** What `pageFields` parse to. */
export interface PageQuery {
  readonly limit?: number | undefined;
  readonly page_token?: Cursor | undefined;
  readonly ascending?: boolean | undefined;
}

export function pageRequest(query: PageQuery, max: number = MAX_PAGE_SIZE): PageRequest {
  return {
    size: Math.min(query.limit ?? DEFAULT_PAGE_SIZE, max),
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
    ...(page.next !== null && { next_page_token: encodeCursor(page.next) }),
    [plural]: page.items.map(toWire),
  };
}

/** Schema of that envelope, for the API docs. */
export function pageSchema(plural: string, item: z.ZodType): z.ZodObject {
  return z.object({
    count: z.int().openapi({ description: "Items on this page, not in all." }),
    limit: z.int().optional().openapi({ description: "The limit that was asked for." }),
    next_page_token: z
      .string()
      .optional()
      .openapi({ description: "Give it as page_token to go on; absent on the last page." }),
    [plural]: z.array(item),
  });
}
