/** The bodies of successes (nylas 1.1): every one is an object, has request_id, and is never empty. */
import { z } from "@hono/zod-openapi";
import type { Page } from "../../../domain/door/cursor.ts";
import type { Answering } from "../dialect/dialect.ts";
import { WireList } from "../dialect/wire-list.ts";
import { nextCursor } from "./pages.ts";
import { sample } from "./shapes/sample.ts";

/** What a presenter of this dialect makes: the members beside request_id. */
export type AnswerBody = Readonly<Record<string, unknown>>;

export const envelope = (body: unknown, { requestId }: Answering): unknown => ({
  request_id: requestId,
  // Cast: every presenter of this dialect makes an object.
  ...(body as AnswerBody),
});

/** One object. */
export const dataOf = (data: unknown): AnswerBody => ({ data });

/** Nothing but request_id: a delete that was done. */
export const done = (): AnswerBody => ({});

/** A list that is whole. */
export const listOf = <Item>(items: readonly Item[], toWire: (item: Item) => unknown): AnswerBody => ({
  data: new WireList(items, toWire),
});

/** A page of a list that goes on with a cursor, which is absent on the last page. */
export const pageOf = <Item>(page: Page<Item>, toWire: (item: Item) => unknown): AnswerBody => ({
  data: new WireList(page.items, toWire),
  ...nextCursor(page),
});

/** The form of `GET /v3/rules`, whose clients look for the cursor in both places (nylas 2.3). */
export const nestedPageOf = <Item>(page: Page<Item>, toWire: (item: Item) => unknown): AnswerBody => {
  const cursor = nextCursor(page);
  return { data: { items: new WireList(page.items, toWire), ...cursor }, ...cursor };
};

/** A page of a list that is walked by offset: both numbers as they were applied, no cursor and no total. */
export const offsetPageOf = <Item>(
  items: readonly Item[],
  { limit, offset }: { readonly limit: number; readonly offset: number },
  toWire: (item: Item) => unknown,
): AnswerBody => ({ data: new WireList(items, toWire), limit, offset });

const requestId = z.string().openapi({
  description: "The same as the x-request-id of the answer; it also is in the server's log.",
  example: sample.requestId,
});

const nextCursorSchema = z.string().optional().openapi({
  description: "Pass it as page_token to get the next page; absent on the last page.",
  example: sample.pageToken,
});

/** Schemas of the same, for the API docs. @param name of the schema in the document */
export const dataSchema = (name: string, data: z.ZodType): z.ZodObject =>
  z.object({ request_id: requestId, data }).openapi(name, { title: "An object" });

export const listSchema = (name: string, item: z.ZodType): z.ZodObject =>
  z.object({ request_id: requestId, data: z.array(item) }).openapi(name, { title: "A list" });

export const pageSchema = (name: string, item: z.ZodType): z.ZodObject =>
  z
    .object({ request_id: requestId, data: z.array(item), next_cursor: nextCursorSchema })
    .openapi(name, { title: "A page of a list" });

export const nestedPageSchema = (name: string, item: z.ZodType): z.ZodObject =>
  z
    .object({
      request_id: requestId,
      data: z.object({ items: z.array(item), next_cursor: nextCursorSchema }),
      next_cursor: nextCursorSchema,
    })
    .openapi(name, { title: "A page of a list" });

export const offsetPageSchema = (name: string, item: z.ZodType): z.ZodObject =>
  z
    .object({
      request_id: requestId,
      data: z.array(item),
      limit: z.int().openapi({ description: "The limit that was applied.", example: 10 }),
      offset: z.int().openapi({ description: "The offset of the request.", example: 0 }),
    })
    .openapi(name, { title: "A page of a list" });

/** What a delete answers with: a body without one throws in the clients. */
export const doneSchema = z
  .object({ request_id: requestId })
  .openapi("Done", { title: "Done", description: "It was done; there is nothing to show." });
