/** Fields of a query as the vendor's clients write them (nylas 1.4), and `select` (nylas 1.6). */
import { z } from "@hono/zod-openapi";
import { MAX_QUERY_VALUES } from "../limits.ts";
import { unstorable } from "../parse-json.ts";

/** Text to compare with what is stored: PostgreSQL refuses some with an error of its own. */
export const storable = z.string().superRefine((text, context) => {
  const why = unstorable(text);
  if (why !== null) context.addIssue({ code: "custom", message: why, input: text });
});

/** True or false in any case, as Python writes them, or 1 or 0. */
export const queryFlag = (description: string) =>
  z
    .stringbool({ truthy: ["true", "1"], falsy: ["false", "0"] })
    .optional()
    .openapi({ type: "boolean", description });

/** One text. */
export const queryText = (description: string) => storable.optional().openapi({ description });

/** Seconds since 1970. */
export const querySeconds = (description: string) =>
  z.coerce
    .number()
    .int()
    .min(0)
    .max(253_402_300_799)
    .transform((seconds) => new Date(seconds * 1000))
    .optional()
    .openapi({ type: "integer", description: `${description} Unix seconds.` });

/** An address. A space in it is a plus that was not percent-encoded: no address has one. */
const address = z.preprocess(
  (value) => (typeof value === "string" ? value.replaceAll(" ", "+").toLowerCase() : value),
  storable,
);

export const queryAddress = (description: string): z.ZodType<string | undefined> =>
  address.optional().openapi({ type: "string", description });

const split = (value: unknown): unknown => {
  if (value === undefined) return undefined;
  const parts: unknown[] = Array.isArray(value) ? value : [value];
  return parts
    .flatMap((part) => (typeof part === "string" ? part.split(",") : [part]))
    .filter((part) => part !== "");
};

const listOf =
  (item: z.ZodType<string>) =>
  (description: string, max = MAX_QUERY_VALUES): z.ZodType<string[] | undefined> =>
    z.preprocess(split, z.array(item).max(max).optional()).openapi({
      type: "array",
      items: { type: "string" },
      maxItems: max,
      description: `${description} Repeat the parameter, or separate values by commas; ${max} at most.`,
    });

/** Several texts, in one field or in several. */
export const queryTexts = listOf(storable);

/** Several addresses, in one field or in several. */
export const queryAddresses = listOf(address);

/** Names of fields to answer with. */
export const selectField = queryTexts("Top-level fields to answer with; id, object and grant_id always are.");

/** Python's client reads these whatever was selected. */
const alwaysSelected = new Set(["id", "object", "grant_id"]);

/** An object with the selected fields; whole when nothing was selected. A name that it does not have is ignored. */
export function selected(
  object: Readonly<Record<string, unknown>>,
  select: readonly string[] | undefined,
): Readonly<Record<string, unknown>> {
  if (select === undefined || select.length === 0) return object;
  const wanted = new Set(select);
  return Object.fromEntries(
    Object.entries(object).filter(([name]) => alwaysSelected.has(name) || wanted.has(name)),
  );
}
