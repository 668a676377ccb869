/** The error envelope (contract 3.1), for the API docs. */
import { z } from "@hono/zod-openapi";
import { MAX_REPORTED_ISSUES } from "../../limits.ts";
import { internalAnswer, wireErrors } from "../errors.ts";
import { timeoutError } from "../unreadable.ts";

const every = [
  ...Object.values(wireErrors),
  timeoutError,
  { code: String(internalAnswer.body["code"]), name: String(internalAnswer.body["name"]) },
];
const names = [...new Set(every.map(({ name }) => name))].sort();
const codes = [...new Set(every.map(({ code }) => code))].sort();

const issue = z
  .looseObject({
    code: z.string().openapi({
      description: "What is wrong with it, such as invalid_type, too_big, invalid_value or custom.",
      example: "too_small",
    }),
    path: z.array(z.union([z.string(), z.int()])).openapi({
      description: "Names and indexes that lead to the field; empty when it is the request as a whole.",
      example: ["attachments", 0, "content"],
    }),
    message: z.string().openapi({
      description: "The same as a sentence.",
      example: "Too small: expected number to be >0",
    }),
  })
  .openapi("ValidationIssue", {
    title: "What is wrong with one field",
    description: "Further members depend on the code: expected, minimum, maximum, format, values.",
  });

export const errorBody = z
  .object({
    name: z.enum(names).openapi({ description: "The class of the error, as clients name their exceptions." }),
    code: z.enum(codes).openapi({ description: "What happened, for programs: branch on this." }),
    message: z.string().openapi({ description: "What happened, as a sentence." }),
    fix: z.string().optional().openapi({ description: "What to do next; absent when nothing can be done." }),
    docs: z.string().openapi({
      description: "Where the code is explained: a path on this server, `/docs/errors#` and the code.",
    }),
    errors: z
      .array(issue)
      .optional()
      .openapi({
        description: `With validation_error and status 400: the fields that are wrong, ${MAX_REPORTED_ISSUES} at most. Absent otherwise.`,
      }),
    suggestions: z.array(z.string()).optional().openapi({
      description:
        "With already_exists, when an address is taken: available usernames similar to the requested one, up to three.",
    }),
  })
  .openapi("Error", {
    title: "Error",
    description: "The body of every answer with a status of 400 or more.",
    example: {
      name: "NotFoundError",
      code: "not_found",
      message: "Pod not found",
      fix: "List pods to see the ids this key can reach.",
      docs: "/docs/errors#not_found",
    },
  });
