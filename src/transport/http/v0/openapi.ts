/** API docs of this facade, written from the same routes that serve it. */
import { OpenAPIHono, z } from "@hono/zod-openapi";
import { v0Routes } from "./index.ts";
import type { Route } from "./route.ts";

const errorBody = z
  .object({
    name: z.string(),
    code: z.string().openapi({ description: "Branch on this." }),
    message: z.string(),
    fix: z.string().optional().openapi({ description: "What to do next." }),
    docs: z.string().optional(),
    errors: z
      .array(
        z.object({ code: z.string(), path: z.array(z.union([z.string(), z.int()])), message: z.string() }),
      )
      .optional(),
  })
  .openapi("Error");

const errors: Readonly<Record<number, string>> = {
  400: "A field is missing or wrong; `errors` names it.",
  401: "No key, or an expired one.",
  403: "The key is unknown, or may not do this; or the request is refused.",
  404: "Absent, or outside the key's scope: the two look alike.",
  409: "In conflict with what is there.",
  422: "Understood, but cannot be done.",
};

const json = (schema: z.ZodType) => ({ content: { "application/json": { schema } } });

function responsesOf(
  route: Route,
): Record<number, { description: string; content?: Record<string, { schema: z.ZodType }> }> {
  const success =
    route.media === "application/json"
      ? route.answer === undefined
        ? { description: "Done; no body." }
        : { description: "Done.", ...json(route.answer) }
      : { description: "Done.", content: { [route.media]: { schema: z.string() } } };
  const failures = Object.entries(errors).map(([status, description]) => [
    status,
    { description, ...json(errorBody) },
  ]);
  return { ...Object.fromEntries(failures), [route.status]: success };
}

function parametersOf(route: Route): z.ZodObject | undefined {
  const names = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "");
  return names.length === 0
    ? undefined
    : z.object(Object.fromEntries(names.map((name) => [name, z.string()])));
}

/** The OpenAPI 3.1 document. Same routes, same text. */
export function v0Document(version: string): object {
  const app = new OpenAPIHono();
  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    description: "An API key.",
  });
  for (const route of v0Routes) {
    const params = parametersOf(route);
    app.openAPIRegistry.registerPath({
      method: route.method,
      path: route.path,
      operationId: route.name,
      summary: route.summary,
      description:
        route.needs === null ? route.description : `${route.description} Needs \`${route.needs}\`.`,
      tags: [
        route.path.split("/").filter((part) => part !== "" && part !== "v0" && !part.startsWith("{"))[0] ??
          "v0",
      ],
      security: [{ bearer: [] }],
      request: {
        ...(params !== undefined && { params }),
        ...(route.query instanceof z.ZodObject && { query: route.query }),
        ...(route.body !== undefined && { body: json(route.body) }),
      },
      responses: responsesOf(route),
    });
  }
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: { title: "Rookery API v0", version, description: "Email for fleets of agents." },
  });
}
