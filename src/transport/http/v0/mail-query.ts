/** Query fields that lists of messages and of threads share (contract 4). */
import type { z } from "@hono/zod-openapi";
import type { Included } from "../../../domain/mail/labels/index.ts";
import { MAX_FILTERED_PAGE_SIZE } from "../limits.ts";
import { type PageQuery, pageFields, pageRequest } from "./pages.ts";
import { moment, queryFlag, queryList } from "./shapes/common.ts";
import { sample } from "./shapes/sample.ts";

export const mailFields = (plural: string) => ({
  ...pageFields(),
  labels: queryList(`Only ${plural} that carry all of these labels.`, true).optional(),
  ...momentFields(plural),
  include_spam: included(plural, "spam"),
  include_blocked: included(plural, "blocked"),
  include_unauthenticated: included(plural, "unauthenticated"),
  include_trash: included(plural, "trash"),
});

/** Bounds of the time of what is listed. */
export const momentFields = (plural: string) => ({
  before: moment.optional().openapi({
    description: `Only ${plural} whose timestamp is before this moment: ISO 8601 with Z or an offset.`,
    example: sample.later,
  }),
  after: moment.optional().openapi({
    description: `Only ${plural} whose timestamp is after this moment: ISO 8601 with Z or an offset.`,
    example: sample.at,
  }),
});

const included = (plural: string, label: keyof Included) =>
  queryFlag(
    `True: ${plural} labelled ${label} too, for a key that holds label_${label}_read. They are left out otherwise.`,
  );

/** @param field e.g. "the subject" */
export const substring = (field: string) =>
  queryList(
    `Texts that ${field} contains, in any case; all of them. With one of these filters limit is ${MAX_FILTERED_PAGE_SIZE} at most.`,
    false,
  ).optional();

/** What `mailFields` parse to, with the subject that both lists may look for. */
export interface MailQuery extends PageQuery {
  readonly labels?: readonly string[] | undefined;
  readonly before?: Date | undefined;
  readonly after?: Date | undefined;
  readonly subject?: readonly string[] | undefined;
  readonly include_spam?: boolean | undefined;
  readonly include_blocked?: boolean | undefined;
  readonly include_unauthenticated?: boolean | undefined;
  readonly include_trash?: boolean | undefined;
}

/** The part of a list's input that is the same for both. */
export const mailFilterOf = (query: MailQuery) => ({
  page: pageRequest(query),
  included: includedOf(query),
  labels: query.labels ?? [],
  before: query.before ?? null,
  after: query.after ?? null,
  subject: query.subject ?? [],
});

const includedOf = (query: MailQuery): Included => ({
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
