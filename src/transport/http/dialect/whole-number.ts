/** A whole number of a query. */
import { z } from "@hono/zod-openapi";

type Coerced = z.coerce.ZodCoercedNumber;

/** @param range its bounds. What is empty or blank is refused: JavaScript reads it as 0, which nobody wrote. */
export const wholeNumber = (range: (number: Coerced) => Coerced): z.ZodType<number> =>
  z.preprocess(
    (given) => (typeof given === "string" && given.trim() === "" ? "none" : given),
    range(z.coerce.number().int()),
  );
