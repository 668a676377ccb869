/** A page for each resource in Markdown, and an index of them for models (llms.txt), from the same routes as the API's document. */
import { z } from "zod";
import type { Dialect, Noun } from "./dialect.ts";
import { documentOf } from "./document.ts";
import { fenced, pythonPreamble, samplesOf, tsPreamble } from "./resource-samples.ts";
import type { Route } from "./route.ts";

export interface ResourcePage {
  /** Of its file, without .md. */
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly text: string;
}

/** @param hasMethod whether the vendor's client has a method of that name */
export function resourcePages(
  dialect: Dialect,
  version: string,
  hasMethod: (name: string) => boolean,
): ResourcePage[] {
  const document = documentShape.parse(documentOf(dialect, version));
  const operations = new Map(
    Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map((operation) => [operation.operationId, operation]),
    ),
  );
  return dialect.nouns.map((noun) => ({
    name: noun.name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
    title: noun.title,
    about: noun.about,
    text: pageOf(noun, { operations, schemas: document.components.schemas, hasMethod }),
  }));
}

/** Index of pages for models (llmstxt.org): a title, a summary, and links with what is behind each. */
export function llmsIndex(
  dialect: Dialect,
  pages: readonly ResourcePage[],
  guides: readonly { readonly file: string; readonly title: string }[],
): string {
  return [
    "# Rookery",
    "",
    "> Self-hosted, multi-tenant email for AI agents: a pod for each tenant, an inbox with a real address for each agent, and keys that reach that pod or that inbox and nothing else.",
    "",
    `AgentMail's API at \`/${dialect.name}\`: its official clients work with the base URL changed. Authenticate with \`Authorization: Bearer <API key>\`. Errors are JSON with \`message\`, \`code\` and \`fix\`, which says what to do next. Lists are paged: \`next_page_token\` goes into \`page_token\`. Everything in one file: [/llms-full.txt](/llms-full.txt). Tools for models: MCP at \`/mcp\`.`,
    "",
    "## Resources",
    "",
    ...pages.map(({ name, title, about }) => `- [${title}](/docs/api/${name}.md): ${about}`),
    "",
    "## Guides",
    "",
    ...guides.map(({ file, title }) => `- [${title}](/docs/guides/${file})`),
    "",
    "## Documents",
    "",
    `- [OpenAPI](/openapi/${dialect.name}.json): every route with its schemas`,
    "- [Errors](/docs/errors): each code, and what to do",
    "",
  ].join("\n");
}

interface Schema {
  readonly $ref?: string | undefined;
  readonly type?: string | readonly string[] | undefined;
  readonly description?: string | undefined;
  readonly properties?: Readonly<Record<string, Schema>> | undefined;
  readonly required?: readonly string[] | undefined;
  readonly items?: Schema | undefined;
  readonly allOf?: readonly Schema[] | undefined;
  readonly anyOf?: readonly Schema[] | undefined;
  readonly example?: unknown;
}

const schemaShape: z.ZodType<Schema> = z.lazy(() =>
  z.object({
    $ref: z.string().optional(),
    type: z.union([z.string(), z.array(z.string())]).optional(),
    description: z.string().optional(),
    properties: z.record(z.string(), schemaShape).optional(),
    required: z.array(z.string()).optional(),
    items: schemaShape.optional(),
    allOf: z.array(schemaShape).optional(),
    anyOf: z.array(schemaShape).optional(),
    example: z.unknown().optional(),
  }),
);
const contentShape = z.record(z.string(), z.object({ schema: schemaShape }));
const operationShape = z.object({
  operationId: z.string(),
  description: z.string(),
  parameters: z
    .array(
      z.object({
        name: z.string(),
        in: z.string(),
        description: z.string().optional(),
        required: z.boolean().optional(),
        schema: schemaShape,
      }),
    )
    .optional(),
  requestBody: z.object({ content: contentShape }).optional(),
  responses: z.record(z.string(), z.object({ content: contentShape.optional() })),
});
type Operation = z.infer<typeof operationShape>;
const documentShape = z.object({
  paths: z.record(z.string(), z.record(z.string(), operationShape)),
  components: z.object({ schemas: z.record(z.string(), schemaShape) }),
});

interface Known {
  readonly operations: ReadonlyMap<string, Operation>;
  readonly schemas: Readonly<Record<string, Schema>>;
  readonly hasMethod: (name: string) => boolean;
}

function pageOf({ title, about, routes }: Noun, known: Known): string {
  const clients = routes.some(({ name }) => known.hasMethod(name));
  return [
    `# ${title}`,
    "",
    about,
    "",
    "Samples take the server from `ROOKERY_BASE_URL`, the key from `ROOKERY_API_KEY`, and ids from variables of their own.",
    "",
    ...(clients ? [fenced("ts", tsPreamble), "", fenced("python", pythonPreamble), ""] : []),
    ...routes.flatMap((route) => sectionOf(route, known)),
  ].join("\n");
}

function sectionOf(route: Route, known: Known): string[] {
  const operation = known.operations.get(route.name);
  if (operation === undefined) return [];
  const { parameters = [], requestBody } = operation;
  const body = resolve(requestBody?.content["application/json"]?.schema, known);
  const query = parameters
    .filter((parameter) => parameter.in === "query")
    .map(({ name, description = "", required = false, schema }) =>
      row(name, { description, ...schema }, required, known),
    );
  // The client's searches want words, also where the route takes none.
  const asked = parameters
    .filter(({ name, in: place, required }) => place === "query" && (required === true || name === "q"))
    .map(({ name }) => name);
  const fields = Object.entries(body?.properties ?? {}).map(([name, schema]) =>
    row(name, schema, body?.required?.includes(name) ?? false, known),
  );
  return [
    `## ${route.summary}`,
    "",
    `\`${route.method.toUpperCase()} ${route.path}\` (\`${route.name}\`)`,
    "",
    operation.description,
    "",
    ...table("query", query),
    ...table("field of the body", fields),
    ...samplesOf(route, asked, body?.example, known.hasMethod),
    ...answerOf(operation, known),
  ];
}

const table = (title: string, rows: readonly string[]): string[] =>
  rows.length === 0 ? [] : [`| ${title} | type | |`, "|---|---|---|", ...rows, ""];

function row(name: string, schema: Schema, isRequired: boolean, known: Known): string {
  const { description = "", type, items } = resolve(schema, known) ?? {};
  const itemType =
    items === undefined ? "" : ` of ${[resolve(items, known)?.type ?? "any"].flat().join(" or ")}`;
  const written = `${[type ?? "any"].flat().join(" or ")}${type === "array" ? itemType : ""}`;
  const cell = description.replaceAll("|", "\\|").replaceAll("\n", " ");
  return `| \`${name}\`${isRequired ? " (required)" : ""} | ${written} | ${cell} |`;
}

function resolve(schema: Schema | undefined, { schemas }: Known): Schema | undefined {
  const name = schema?.$ref?.split("/").at(-1);
  const named = name === undefined ? undefined : schemas[name];
  return named === undefined ? schema : { ...named, ...schema };
}

/** Names of its own fields, of those of its parts, and of those of each thing that it may be. */
function fieldsOf(schema: Schema | undefined, known: Known): string[] {
  const { properties = {}, allOf = [], anyOf = [] } = resolve(schema, known) ?? {};
  const others = [...allOf, ...anyOf].flatMap((part) => fieldsOf(part, known));
  return [...new Set([...others, ...Object.keys(properties)])];
}

function answerOf({ responses }: Operation, known: Known): string[] {
  const success = Object.entries(responses).findLast(([status]) => status.startsWith("2"));
  const schema = resolve(Object.values(success?.[1].content ?? {})[0]?.schema, known);
  const fields = fieldsOf(schema, known);
  const status = success?.[0] ?? "200";
  return [
    fields.length === 0
      ? `Answer: ${status}.`
      : `Answer: ${status} with ${fields.map((name) => `\`${name}\``).join(", ")}.`,
    "",
  ];
}
