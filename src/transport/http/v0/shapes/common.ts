/** Pieces that every wire shape of this facade is made of (contract 1.2, 1.5, 1.6). */
import { z } from "@hono/zod-openapi";
import { wireWriter } from "../../dialect/naming.ts";
import { storable } from "../../dialect/storable.ts";
import { MAX_QUERY_VALUES } from "../../limits.ts";
import { sample } from "./sample.ts";

/** Picks fields under their wire names, dates as ISO 8601 in UTC. */
export const wire = wireWriter((at) => at.toISOString());

/** Leaves out null, undefined and empty text: the live API omits what is absent. */
export function present<Shape extends Record<string, unknown>>(shape: Shape): Record<string, unknown> {
  const presented: Record<string, unknown> = {};
  for (const name in shape) {
    const value = shape[name];
    if (value !== null && value !== undefined && value !== "") presented[name] = value;
  }
  return presented;
}

/** The same of one text of a shape that is spelled out: JSON leaves out what is undefined. */
export const given = (text: string | null): string | undefined =>
  text === null || text === "" ? undefined : text;

export const timestamp = z.iso.datetime().openapi({ example: sample.at });

/** Shown by what can be paused, while it is. */
export const pausedStatus = z.enum(["paused"]).openapi({ example: "paused" });

export const statusOf = ({ pausedAt }: { readonly pausedAt: Date | null }): "paused" | null =>
  pausedAt === null ? null : "paused";

/** Free text in a body. Old clients send numbers and booleans where text is meant. */
export const freeText = z
  .preprocess(
    (value) => (typeof value === "number" || typeof value === "boolean" ? String(value) : value),
    z.string(),
  )
  .openapi({ type: "string" });

/** A list in a body. Old clients send a scalar for a list of one. `docs` is for the API docs: the domain checks it. */
export function bodyList<Item>(
  item: z.ZodType<Item>,
  docs: {
    readonly description: string;
    readonly maxItems?: number;
    readonly minItems?: number;
    readonly example?: readonly string[];
  },
): z.ZodType<Item[]> {
  const description = `${docs.description} A single one need not be in a list.`;
  return z
    .preprocess((value) => (value === undefined || Array.isArray(value) ? value : [value]), z.array(item))
    .openapi({ ...docs, description });
}

/** A list in a query: a JSON array in one field, a repeated field, or (for `commas`) one field split at commas. */
export function queryList(description: string, commas: boolean): z.ZodType<string[] | undefined> {
  return z
    .preprocess((value) => splitList(value, commas), z.array(storable).max(MAX_QUERY_VALUES).optional())
    .openapi({
      type: "array",
      items: { type: "string" },
      maxItems: MAX_QUERY_VALUES,
      description: `${description} Repeat the parameter, or give a JSON array${commas ? ", or separate them by commas" : ""}; ${MAX_QUERY_VALUES} at most.`,
    });
}

function splitList(value: unknown, commas: boolean): unknown {
  if (typeof value !== "string") return value;
  if (value.startsWith("[")) {
    try {
      const parsed: unknown = JSON.parse(value);
      if (Array.isArray(parsed)) return parsed;
    } catch {
      return [value];
    }
  }
  return commas ? value.split(",").filter((part) => part !== "") : [value];
}

/** A moment in a query or body: ISO 8601 with `Z` or an offset, any number of fractional digits. */
export const moment = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .openapi({ type: "string", format: "date-time" });

/** A switch in a query. */
export const queryFlag = (description: string) =>
  z.stringbool().optional().openapi({ type: "boolean", description });
