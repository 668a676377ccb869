/** The operations of `/v0` as commands: read from the same document that the server writes from its routes, so that none is forgotten. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { type Field, fieldOf, flagOf, type Schema, schemaShape } from "./field.ts";

export interface ApiOperation {
  /** Words of the command behind `rookery`: those of the client's method, such as inboxes messages batch-get. */
  readonly words: readonly string[];
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With {name} parameters. */
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters: readonly Field[];
  readonly query: readonly Field[];
  /** Fields of the body; null: it takes none. */
  readonly body: readonly Field[] | null;
  /** Some fields of a body that the operation takes. */
  readonly sample: Readonly<Record<string, unknown>>;
  readonly takesIdempotencyKey: boolean;
  /** False: it is for those who have none yet. */
  readonly needsKey: boolean;
  readonly answer: ApiAnswer;
}

export interface ApiAnswer {
  /** Null without a body. */
  readonly media: string | null;
  /** Of a list: the field that holds the items. */
  readonly items: string | null;
  /** Fields of an item, or of the answer when it is no list. */
  readonly fields: readonly string[];
  /** The field that the next command takes to name the same thing; null without one. */
  readonly id: string | null;
}

export interface ApiDocument {
  readonly operations: readonly ApiOperation[];
  /** What a group of commands is about, by its last word. */
  readonly abouts: ReadonlyMap<string, string>;
}

const parameterShape = z.object({
  name: z.string(),
  in: z.enum(["path", "query", "header"]),
  required: z.boolean().default(false),
  description: z.string().default(""),
  schema: schemaShape,
});

const contentShape = z.record(z.string(), z.object({ schema: schemaShape }));

const operationShape = z.object({
  operationId: z.string(),
  summary: z.string(),
  description: z.string(),
  tags: z.array(z.string()),
  security: z.array(z.unknown()),
  parameters: z.array(parameterShape).default([]),
  requestBody: z.object({ content: contentShape }).optional(),
  responses: z.record(z.string(), z.object({ content: contentShape.optional() })),
});

const documentShape = z.object({
  tags: z.array(z.object({ name: z.string(), description: z.string() })),
  paths: z.record(
    z.string(),
    z.record(z.enum(["get", "post", "put", "patch", "delete"]), operationShape.optional()),
  ),
  components: z.object({ schemas: z.record(z.string(), schemaShape) }),
});

type Parsed = z.infer<typeof documentShape>;
type Operation = z.infer<typeof operationShape>;

/** Where the document lies, in a checkout and in a published package alike. */
const DOCUMENT = new URL("../../../openapi/v0.json", import.meta.url);

export function readApi(): ApiDocument {
  const document = documentShape.parse(JSON.parse(readFileSync(DOCUMENT, "utf8")));
  const found = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, operation]) =>
      operation === undefined ? [] : [{ path, method, operation }],
    ),
  );
  const ids = idsOf(found);
  const about = new Map(document.tags.map(({ name, description }) => [name, description]));
  const abouts = new Map<string, string>();
  for (const { operation } of found) {
    const noun = wordsOf(operation.operationId).at(-2) ?? "";
    abouts.set(noun, about.get(operation.tags[0] ?? "") ?? "");
  }
  return {
    operations: found.map(({ path, method, operation }) => ({
      words: wordsOf(operation.operationId),
      // Cast: the schema of the document names the five.
      method: method.toUpperCase() as ApiOperation["method"],
      path,
      summary: operation.summary,
      description: operation.description,
      needsKey: operation.security.length > 0,
      ...requestOf(operation, document),
      answer: answerOf(operation, document, (noun) => ids.get(noun)),
    })),
    abouts,
  };
}

/** `inboxes.apiKeys.batchGet` -> inboxes, api-keys, batch-get. */
const wordsOf = (operationId: string): string[] =>
  operationId.split(".").map((word) => word.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));

/** By noun, the last parameter of the path that gets, deletes or updates one: what its ids are called. */
function idsOf(
  found: readonly { readonly path: string; readonly operation: Operation }[],
): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  for (const verb of ["update", "delete", "get"])
    for (const { path, operation } of found) {
      const words = wordsOf(operation.operationId);
      const parameter = /\{(\w+)\}$/.exec(path)?.[1];
      if (words.at(-1) === verb && parameter !== undefined) ids.set(words.at(-2) ?? "", parameter);
    }
  return ids;
}

function requestOf(
  { parameters, requestBody }: Operation,
  document: Parsed,
): Pick<ApiOperation, "parameters" | "query" | "body" | "sample" | "takesIdempotencyKey"> {
  const resolve = resolver(document);
  const fieldsIn = (place: "path" | "query"): Field[] =>
    parameters
      .filter((parameter) => parameter.in === place)
      .map(({ name, required, description, schema }) =>
        fieldOf(name, { description, ...schema }, required, resolve),
      );
  const body = requestBody?.content["application/json"]?.schema;
  return {
    parameters: fieldsIn("path"),
    query: fieldsIn("query"),
    body: body === undefined ? null : fieldsOf(body, resolve),
    sample: sampleOf(body === undefined ? undefined : resolve(body).example),
    takesIdempotencyKey: parameters.some(({ name }) => flagOf(name.toLowerCase()) === "idempotency-key"),
  };
}

type Resolve = (schema: Schema) => Schema;

/** Follows references: a type may describe a field of its own name otherwise than the type does itself. */
const resolver = ({ components }: Parsed): Resolve => {
  const named = (schema: Schema): Schema => {
    const name = schema.$ref?.split("/").at(-1);
    return { ...(name === undefined ? undefined : components.schemas[name]), ...schema };
  };
  /** With the properties of all its parts, and of each thing that it may be. */
  const whole = (schema: Schema): Schema => {
    const { allOf = [], anyOf = [], properties, ...rest } = named(schema);
    const parts = [...allOf, ...anyOf].map((part) => whole(part).properties ?? {});
    const all: Schema["properties"] = Object.assign({}, ...parts, properties);
    return Object.keys(all ?? {}).length === 0 ? { ...rest, properties } : { ...rest, properties: all };
  };
  return whole;
};

const sampleOf = (example: unknown): Readonly<Record<string, unknown>> =>
  // Cast: any object is a record of unknown values.
  typeof example === "object" && example !== null ? (example as Record<string, unknown>) : {};

function fieldsOf(schema: Schema, resolve: Resolve): Field[] {
  const { properties = {}, required = [] } = resolve(schema);
  return Object.entries(properties).map(([name, property]) =>
    fieldOf(name, property, required.includes(name), resolve),
  );
}

/** What things belong to, the narrowest first. */
const owners: ReadonlySet<string> = new Set(["inbox_id", "pod_id", "organization_id"]);

/** @param idOf what ids of a noun are called */
function answerOf(
  { operationId, responses }: Operation,
  document: Parsed,
  idOf: (noun: string) => string | undefined,
): ApiAnswer {
  const success = Object.entries(responses).find(([status]) => status.startsWith("2"))?.[1];
  const [media, content] = Object.entries(success?.content ?? {})[0] ?? [null, null];
  if (media === null || content === null) return { media: null, items: null, fields: [], id: null };
  const resolve = resolver(document);
  const properties = resolve(content.schema).properties ?? {};
  const itemOf = (property: Schema): Schema["properties"] =>
    resolve(resolve(property).items ?? {}).properties;
  // Of a thread its messages, which come last.
  const items = Object.entries(properties)
    .filter(([, property]) => "count" in properties && itemOf(property) !== undefined)
    .at(-1);
  const fields = Object.keys((items === undefined ? properties : itemOf(items[1])) ?? {});
  const names = [
    idOf(items?.[0].replaceAll("_", "-") ?? ""),
    idOf(wordsOf(operationId).at(-2) ?? ""),
    // Its own before those of what it belongs to.
    ...fields.filter((name) => /_id$/.test(name) && !owners.has(name)),
    ...owners,
    "address",
  ];
  const id = names.find((name) => name !== undefined && fields.includes(name)) ?? null;
  return { media, items: items?.[0] ?? null, fields, id };
}

export const isPaged = ({ query, answer }: ApiOperation): boolean =>
  answer.items !== null && query.some(({ name }) => name === "page_token");

/** What is neither JSON nor lines of it. */
export const isFile = (media: string | null): boolean =>
  media !== null && media !== "application/json" && media !== LINES;

export const LINES = "application/x-ndjson";
