/** Text of a request to compare with what is stored. */
import { z } from "@hono/zod-openapi";
import { unstorable } from "../parse-json.ts";

/** Text that PostgreSQL takes: what it refuses, it refuses with an error of its own. */
export const storable = z.string().superRefine((text, context) => {
  const why = unstorable(text);
  if (why !== null) context.addIssue({ code: "custom", message: why, input: text });
});
