/** The operations of `/v0` as commands: read from the same document that the server writes from its routes, so that none is forgotten. */
import { readFileSync } from "node:fs";
import { z } from "zod";
import { packageFile } from "../../lib/package-file.ts";
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

/** What of an operation is read of all of them. Checked whole, the document takes ten times as long as what one command needs of it. */
const entryShape = z.looseObject({ operationId: z.string(), tags: z.array(z.string()) });

const documentShape = z.object({
  tags: z.array(z.object({ name: z.string(), description: z.string() })),
  paths: z.record(
    z.string(),
    z.record(z.enum(["get", "post", "put", "patch", "delete"]), entryShape.optional()),
  ),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
});

type Parsed = z.infer<typeof documentShape>;
type Operation = z.infer<typeof operationShape>;

/** Where the document lies. */
const DOCUMENT = packageFile("openapi/v0.json");

/**
 * Reads those operations that a command line may be about: with "inboxes messages send x" the one, with "inboxes mesages" all below inboxes,
 * which then are near, and with what is no command of the API all.
 * @param line words after `rookery`
 */
export function readApi(line: readonly string[] = []): ApiDocument {
  const document = documentShape.parse(JSON.parse(readFileSync(DOCUMENT, "utf8")));
  const entries = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, entry]) =>
      entry === undefined ? [] : [{ path, method, entry, words: wordsOf(entry.operationId) }],
    ),
  );
  const ids = idsOf(entries);
  const about = new Map(document.tags.map(({ name, description }) => [name, description]));
  const abouts = new Map<string, string>();
  for (const { entry, words } of entries)
    abouts.set(words.at(-2) ?? "", about.get(entry.tags[0] ?? "") ?? "");
  const resolve = resolver(document);
  return {
    operations: belowLongest(line, entries).map(({ path, method, entry, words }) => {
      const operation = operationShape.parse(entry);
      return {
        words,
        // Cast: the schema of the document names the five.
        method: method.toUpperCase() as ApiOperation["method"],
        path,
        summary: operation.summary,
        description: operation.description,
        needsKey: operation.security.length > 0,
        ...requestOf(operation, resolve),
        answer: answerOf(operation, resolve, (noun) => ids.get(noun)),
      };
    }),
    abouts,
  };
}

/** Those that begin with as many words of the line as any does. */
function belowLongest<Entry extends { readonly words: readonly string[] }>(
  line: readonly string[],
  entries: readonly Entry[],
): readonly Entry[] {
  let below = entries;
  for (const [index, word] of line.entries()) {
    const next = below.filter(({ words }) => words[index] === word);
    if (next.length === 0) return below;
    below = next;
  }
  return below;
}

/** `inboxes.apiKeys.batchGet` -> inboxes, api-keys, batch-get. */
const wordsOf = (operationId: string): string[] =>
  operationId.split(".").map((word) => word.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));

/** By noun, the last parameter of the path that gets, deletes or updates one: what its ids are called. */
function idsOf(
  found: readonly { readonly path: string; readonly words: readonly string[] }[],
): ReadonlyMap<string, string> {
  const ids = new Map<string, string>();
  for (const verb of ["update", "delete", "get"])
    for (const { path, words } of found) {
      const parameter = /\{(\w+)\}$/.exec(path)?.[1];
      if (words.at(-1) === verb && parameter !== undefined) ids.set(words.at(-2) ?? "", parameter);
    }
  return ids;
}

function requestOf(
  { parameters, requestBody }: Operation,
  resolve: Resolve,
): Pick<ApiOperation, "parameters" | "query" | "body" | "sample" | "takesIdempotencyKey"> {
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

/** Follows references: a type may describe a field of its own name otherwise than the type does itself. Each type is read when it is met. */
function resolver({ components }: Parsed): Resolve {
  const read = new Map<string, Schema>();
  const typed = (name: string): Schema | undefined => {
    const known = read.get(name);
    if (known !== undefined || components.schemas[name] === undefined) return known;
    const schema = schemaShape.parse(components.schemas[name]);
    read.set(name, schema);
    return schema;
  };
  /** With the properties of all its parts, and of each thing that it may be. */
  const whole = (given: Schema): Schema => {
    const {
      allOf = [],
      anyOf = [],
      properties,
      ...rest
    } = {
      ...typed(given.$ref?.split("/").at(-1) ?? ""),
      ...given,
    };
    const parts = [...allOf, ...anyOf].map((part) => whole(part).properties ?? {});
    const all: Schema["properties"] = Object.assign({}, ...parts, properties);
    return Object.keys(all ?? {}).length === 0 ? { ...rest, properties } : { ...rest, properties: all };
  };
  return whole;
}

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
  resolve: Resolve,
  idOf: (noun: string) => string | undefined,
): ApiAnswer {
  const success = Object.entries(responses).find(([status]) => status.startsWith("2"))?.[1];
  const [media, content] = Object.entries(success?.content ?? {})[0] ?? [null, null];
  if (media === null || content === null) return { media: null, items: null, fields: [], id: null };
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
