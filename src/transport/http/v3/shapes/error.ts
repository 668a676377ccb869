/** The error envelope (nylas 7.1), for the API docs. */
import { z } from "@hono/zod-openapi";
import { sample } from "./sample.ts";

const detail = z.object({
  loc: z.array(z.union([z.string(), z.int()])).openapi({
    description: "Names and indexes that lead to the field; empty when it is the request as a whole.",
    example: ["limit"],
  }),
  msg: z.string().openapi({ description: "What is wrong with it." }),
  type: z.string().openapi({ description: "The same for programs.", example: "too_small" }),
});

export const errorBody = z
  .object({
    request_id: z.string().openapi({
      description: "The same as the x-request-id of the answer; it also is in the server's log.",
      example: sample.requestId,
    }),
    error: z.object({
      type: z.string().openapi({ description: "What happened, for programs: branch on this." }),
      message: z.string().openapi({ description: "What happened, as a sentence." }),
      details: z
        .array(detail)
        .optional()
        .openapi({ description: "With status 400: the fields that are wrong." }),
      limit: z.string().optional().openapi({ description: "The limit that is reached." }),
      maximum: z.int().optional().openapi({ description: "Its value." }),
      used: z.int().optional().openapi({ description: "How much of it is used." }),
      reset_at: z.int().optional().openapi({ description: "When it is reset. Unix seconds." }),
    }),
  })
  .openapi("Error", {
    title: "Error",
    description: "The body of every answer with a status of 400 or more.",
    example: {
      request_id: sample.requestId,
      error: { type: "api.not_found_error", message: "Resource not found." },
    },
  });
