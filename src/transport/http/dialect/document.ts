/** The OpenAPI document of a dialect, written from the same routes that serve it. */
import { OpenAPIHono, z } from "@hono/zod-openapi";
import { levelsThatHold, type ScopeLevel } from "../../../domain/door/access/index.ts";
import { MAX_CLIENT_ID_LENGTH } from "../../../domain/tenancy/client-ids/limits.ts";
import type { Dialect, Noun } from "./dialect.ts";
import type { Route } from "./route.ts";

const json = (schema: z.ZodType, example?: object) => ({
  content: { "application/json": { schema, ...(example && { example }) } },
});

const level: Readonly<Record<ScopeLevel, string>> = {
  organization: "the organization",
  pod: "a pod",
  inbox: "an inbox",
};

/** Who may call the route, from the one table of permissions. */
function callersOf(dialect: Dialect, { needs, path, newcomer }: Route): string {
  if (newcomer !== null) return "Callers without a key may call it.";
  const always = needs.filter(({ says }) => says === null).map(({ permission }) => permission);
  if (always.length === 0) return "Any key may call it.";
  // A key of an inbox reaches no pod, not even its own.
  const namesPod = dialect.target(Object.fromEntries(parametersIn(path).map((name) => [name, "x"]))).pod;
  const levels = (["organization", "pod", "inbox"] as const)
    .filter((name) => always.every((permission) => levelsThatHold(permission).includes(name)))
    .filter((name) => name !== "inbox" || namesPod === undefined)
    .map((name) => level[name]);
  const keys = levels.join(", ").replace(/, ([^,]+)$/, " or $1");
  if (always.includes("agent_verify"))
    return "An unrestricted key of an organization that an agent made, and that is not verified, may call it, and no other.";
  if (always.includes("organization_read")) return `Every key of ${keys} may call it, and no other.`;
  const held = always.map((permission) => `\`${permission}\``).join(" and ");
  const also = needs.flatMap(({ permission, says }) =>
    says === null ? [] : [` ${capitalized(says)} it needs \`${permission}\` as well.`],
  );
  const noun = always.length === 1 ? "permission" : "permissions";
  return `A key of ${keys} may call it, with the ${noun} ${held}.${also.join("")}`;
}

const capitalized = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

const parametersIn = (path: string): string[] =>
  [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "");

function parametersOf(dialect: Dialect, { path }: Route): z.ZodObject | undefined {
  const known = Object.assign({}, ...dialect.nouns.map(({ parameters }) => parameters));
  const names = parametersIn(path);
  return names.length === 0
    ? undefined
    : z.object(Object.fromEntries(names.map((name) => [name, z.string().openapi({ ...known[name] })])));
}

function responsesOf(
  { document, internal }: Dialect,
  route: Route,
): Record<string, { description: string; content?: Record<string, { schema: z.ZodType }> }> {
  const success =
    route.media === "application/json"
      ? route.answer === undefined
        ? { description: "Done; no body." }
        : { description: "Done.", ...json(route.answer) }
      : { description: "Done.", content: { [route.media]: { schema: route.answer ?? z.string() } } };
  const failures = document
    .errorsOf(route)
    .map(({ status, description, example }) => [
      status,
      { description, ...json(document.errorBody, example) },
    ]);
  return {
    ...(route.refused === null && { [route.status]: success }),
    ...(route.mayRepeat && {
      200: { ...success, description: "It was done before; this is what is there." },
    }),
    ...Object.fromEntries(failures),
    default: {
      description: "Any other failure, such as 408, 500 or 503.",
      ...json(document.errorBody, internal({ requestId: "", path: route.path }).body),
    },
  };
}

/** A body may be left out where an empty object would do, except where it would change nothing. */
const bodyOf = (route: Route, schema: z.ZodType) => ({
  content: {
    "application/json": { schema },
    ...(route.takesForms && { "multipart/form-data": { schema } }),
  },
  required: route.method === "patch" || !schema.safeParse({}).success,
  description:
    "JSON in UTF-8, whatever the content type says. Fields that are not listed here are ignored, and null in an optional field counts as absent unless it is listed.",
});

const idempotencyKeyHeader = ({ document }: Dialect) =>
  z.object({
    "Idempotency-Key": z
      .string()
      .optional()
      .openapi({
        description: `A text of your own for this request, 1 to ${MAX_CLIENT_ID_LENGTH} visible ASCII characters without spaces. ${document.idempotencyKey}`,
        maxLength: MAX_CLIENT_ID_LENGTH,
        example: "invoice-2026-07-for-ada",
      }),
  });

/** The OpenAPI 3.1 document. Same routes, same text. @param noun whose routes it has; null: all */
export function documentOf(dialect: Dialect, version: string, noun: Noun | null = null): object {
  const { document } = dialect;
  const nouns = noun === null ? dialect.nouns : [noun];
  const app = new OpenAPIHono();
  app.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    description: document.authentication,
  });
  for (const [name, schema] of Object.entries(document.schemas)) app.openAPIRegistry.register(name, schema);
  for (const { title, route } of nouns.flatMap(({ title, routes }) =>
    routes.map((route) => ({ title, route })),
  )) {
    const params = parametersOf(dialect, route);
    app.openAPIRegistry.registerPath({
      method: route.method,
      path: route.path,
      operationId: route.name,
      summary: route.summary,
      description: [
        route.description,
        ...(route.refused === null
          ? []
          : [`Always answered with ${route.refused.status}: ${route.refused.because}`]),
        callersOf(dialect, route),
      ].join("\n\n"),
      tags: [title],
      security: route.newcomer === null ? [{ bearer: [] }] : [],
      request: {
        ...(params !== undefined && { params }),
        ...(route.query instanceof z.ZodObject && { query: route.query }),
        ...(route.idempotent && { headers: idempotencyKeyHeader(dialect) }),
        ...(route.body !== undefined && { body: bodyOf(route, route.body) }),
      },
      responses: responsesOf(dialect, route),
    });
  }
  const whole = app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: noun === null ? document.title : `${document.title}: ${noun.title}`,
      version,
      description: noun === null ? document.about : `${noun.about} [All resources](/docs/${dialect.name})`,
      license: { name: "Apache License 2.0", url: "https://www.apache.org/licenses/LICENSE-2.0" },
    },
    servers: [{ url: "/", description: "The server that this document came from." }],
    tags: nouns.map(({ title, about }) => ({
      name: title,
      description: about,
    })),
  });
  return withSharedErrors(whole);
}

/**
 * The document with each answer that several routes give written once, among its components. Written at every route they are two
 * fifths of a megabyte, which whoever reads the document has to hold.
 */
function withSharedErrors(document: ReturnType<OpenAPIHono["getOpenAPI31Document"]>): object {
  const routes = Object.values(document.paths ?? {}).flatMap((methods) => Object.values(methods));
  const times = new Map<string, number>();
  const errors = routes.flatMap(({ responses }) =>
    Object.entries(responses)
      .filter(([status]) => !status.startsWith("2"))
      .map(([status, response]) => ({ responses, status, text: JSON.stringify(response), response })),
  );
  for (const { text } of errors) times.set(text, (times.get(text) ?? 0) + 1);
  const names = new Map<string, string>();
  const shared: Record<string, unknown> = {};
  for (const { responses, status, text, response } of errors) {
    if (times.get(text) === 1) continue;
    const name = names.get(text) ?? nextName(status, shared);
    names.set(text, name);
    shared[name] = response;
    responses[status] = { $ref: `#/components/responses/${name}` };
  }
  return { ...document, components: { ...document.components, responses: shared } };
}

/** "Error403", and behind it "Error403_2": several answers have one status. */
function nextName(status: string, taken: Readonly<Record<string, unknown>>): string {
  const first = `Error${status === "default" ? "" : status}`;
  let name = first;
  for (let number = 2; name in taken; number++) name = `${first}_${number}`;
  return name;
}
