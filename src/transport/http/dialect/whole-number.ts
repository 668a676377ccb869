/** Whole numbers of a query. */
import { z } from "@hono/zod-openapi";

type Coerced = z.coerce.ZodCoercedNumber;

/** @param range its bounds. What is empty or blank is refused: JavaScript reads it as 0, which nobody wrote. */
export const wholeNumber = (range: (number: Coerced) => Coerced): z.ZodType<number> =>
  z.preprocess(
    (given) => (typeof given === "string" && given.trim() === "" ? "none" : given),
    range(z.coerce.number().int()),
  );

/** Items on a page: when the caller names no number, and at most. */
export interface PageBounds {
  readonly fallback: number;
  readonly max: number;
}

/** The query's field: how many items a page has. A number above the maximum is lowered to it. */
export const limitField = ({ fallback, max }: PageBounds) =>
  wholeNumber((number) => number.positive())
    .optional()
    .openapi({
      description: `Items on the page: ${fallback} when absent. Limits larger than ${max} are reduced to ${max}.`,
      type: "integer",
      minimum: 1,
      example: 20,
    });
