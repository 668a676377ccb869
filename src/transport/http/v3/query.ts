/** Fields of a query as the vendor's clients write them (nylas 1.4). */
import { z } from "@hono/zod-openapi";
import { storable } from "../dialect/storable.ts";
import { wholeNumber } from "../dialect/whole-number.ts";

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
  wholeNumber((number) => number.min(0).max(253_402_300_799))
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
