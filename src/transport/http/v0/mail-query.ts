/** Query fields that lists of messages and of threads share (contract 4). */
import type { z } from "@hono/zod-openapi";
import { MAX_FILTERED_PAGE_SIZE } from "../../../domain/limits.ts";
import type { Included } from "../../../domain/messages/index.ts";
import { pageFields } from "./pages.ts";
import { moment, queryFlag, queryList } from "./shapes/common.ts";

export const mailFields = (plural: string) => ({
  ...pageFields(plural),
  labels: queryList("Only items that carry all of these labels.", true).optional(),
  before: moment.optional().openapi({ description: "Only items from before this moment, ISO 8601." }),
  after: moment.optional().openapi({ description: "Only items from after this moment, ISO 8601." }),
  include_spam: queryFlag("Items labelled spam too."),
  include_blocked: queryFlag("Items labelled blocked too."),
  include_unauthenticated: queryFlag("Items labelled unauthenticated too."),
  include_trash: queryFlag("Items labelled trash too."),
});

export interface MailQuery {
  readonly include_spam?: boolean | undefined;
  readonly include_blocked?: boolean | undefined;
  readonly include_unauthenticated?: boolean | undefined;
  readonly include_trash?: boolean | undefined;
}

export const includedOf = (query: MailQuery): Included => ({
  spam: query.include_spam === true,
  blocked: query.include_blocked === true,
  unauthenticated: query.include_unauthenticated === true,
  trash: query.include_trash === true,
});

/** A substring filter reads every row it passes over: such pages are refused above 100 items (contract 4). */
export function boundedWhenFiltered<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  filters: readonly string[],
): z.ZodObject<Shape> {
  return schema.superRefine((query: Record<string, unknown>, context) => {
    const filtered = filters.some((name) => query[name] !== undefined);
    const limit = query["limit"];
    if (!filtered || typeof limit !== "number" || limit <= MAX_FILTERED_PAGE_SIZE) return;
    context.addIssue({
      code: "too_big",
      origin: "number",
      maximum: MAX_FILTERED_PAGE_SIZE,
      inclusive: true,
      path: ["limit"],
      input: limit,
    });
  });
}
