/** What each field of a body is not: derived from the API document, which is written from the schemas that read it. */
import { documentOf } from "../../src/transport/http/dialect/document.ts";
import { dialects } from "../dialects/index.ts";

export interface FieldSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: FieldSchema | boolean;
  readonly items?: FieldSchema;
  readonly anyOf?: readonly FieldSchema[];
  readonly enum?: readonly string[];
}

interface Document {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<
          string,
          {
            readonly requestBody?: {
              readonly content: { readonly "application/json": { readonly schema: FieldSchema } };
            };
            readonly parameters?: readonly {
              readonly in: string;
              readonly name: string;
              readonly schema: FieldSchema;
            }[];
          }
        >
      >
    >
  >;
  readonly components: { readonly schemas: Readonly<Record<string, FieldSchema>> };
}

// Cast: what this repository's own writer of the document writes.
const documents: Readonly<Record<string, Document>> = Object.fromEntries(
  dialects.map((dialect) => [dialect.name, documentOf(dialect, "test") as Document]),
);

/** The document of the dialect that has the path. */
function documentAt(path: string): Document {
  const document = documents[path.split("/")[1] ?? ""];
  if (document === undefined) throw new Error(`no dialect has ${path}`);
  return document;
}

function resolve(path: string, schema: FieldSchema): FieldSchema {
  const name = schema.$ref?.split("/").at(-1);
  return name === undefined ? schema : (documentAt(path).components.schemas[name] ?? {});
}

/** Fields of the route's body; null when it takes none. */
export function bodyFields(path: string, method: string): Readonly<Record<string, FieldSchema>> | null {
  const schema = documentAt(path).paths[path]?.[method]?.requestBody?.content["application/json"].schema;
  return schema === undefined ? null : (resolve(path, schema).properties ?? {});
}

/** Names of the fields that the route's body must have. */
export function requiredFields(path: string, method: string): readonly string[] {
  const schema = documentAt(path).paths[path]?.[method]?.requestBody?.content["application/json"].schema;
  return schema === undefined ? [] : (resolve(path, schema).required ?? []);
}

/** Query fields of the route. */
export function queryFields(path: string, method: string): Readonly<Record<string, FieldSchema>> {
  const parameters = documentAt(path).paths[path]?.[method]?.parameters ?? [];
  return Object.fromEntries(
    parameters.filter((one) => one.in === "query").map(({ name, schema }) => [name, schema]),
  );
}

export interface WrongValue {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}

/** What a dialect takes besides what its schemas say. */
interface Leniency {
  /** Text for which clients send numbers and booleans. */
  readonly freeText: ReadonlySet<string>;
  /** Clients send a scalar for a list of one. */
  readonly scalarIsList: boolean;
}

const leniencies: Readonly<Record<string, Leniency>> = {
  // contract 1.6
  v0: {
    freeText: new Set([
      "subject",
      "text",
      "html",
      "labels",
      "add_labels",
      "remove_labels",
      "notes",
      "reason",
      "otp_code",
    ]),
    scalarIsList: true,
  },
};
const strict: Leniency = { freeText: new Set(), scalarIsList: false };

const leniencyOf = (path: string): Leniency => leniencies[path.split("/")[1] ?? ""] ?? strict;

const samples: Readonly<Record<string, unknown>> = {
  null: null,
  number: 5,
  boolean: true,
  string: "text",
  array: [],
  object: {},
};

function typesOf(route: string, schema: FieldSchema): readonly string[] {
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap((one) => typesOf(route, resolve(route, one)));
  // The document has a type for whole numbers alone.
  return schema.type === undefined
    ? []
    : [schema.type].flat().map((type) => (type === "integer" ? "number" : type));
}

/**
 * Values that `field` of this schema may not have, and the path at which each is wrong.
 * @param route path of the route, which determines the document and what is taken besides it
 * @param isOptional null then counts as absent
 */
export function wrongValues(
  route: string,
  field: string,
  given: FieldSchema,
  isOptional: boolean,
): WrongValue[] {
  const schema = resolve(route, given);
  const types = new Set(typesOf(route, schema));
  if (types.size === 0) return [];
  const { freeText, scalarIsList } = leniencyOf(route);
  if (types.has("array") && scalarIsList) return wrongLists(route, field, schema.items ?? {}, isOptional);
  if (types.has("string") && freeText.has(field)) types.add("number").add("boolean");
  return [
    ...Object.entries(samples)
      .filter(([type]) => !types.has(type) && !(isOptional && type === "null"))
      .map(([, value]) => ({ path: [], value })),
    ...(schema.enum === undefined ? [] : [{ path: [], value: "none of them" }]),
    ...wrongItems(route, field, schema),
    ...wrongMembers(route, schema),
  ];
}

function wrongItems(route: string, field: string, { items }: FieldSchema): WrongValue[] {
  if (items === undefined) return [];
  return wrongValues(route, field, items, false).map(({ path, value }) => ({
    path: [0, ...path],
    value: [value],
  }));
}

/** A scalar is read as a list of one, so an invalid item is an invalid list too. */
function wrongLists(route: string, field: string, items: FieldSchema, isOptional: boolean): WrongValue[] {
  return wrongValues(route, field, items, false).flatMap(({ path, value }) => [
    { path: [0, ...path], value: [value] },
    ...(Array.isArray(value) || (isOptional && value === null) ? [] : [{ path: [0, ...path], value }]),
  ]);
}

function wrongMembers(
  route: string,
  { properties = {}, required = [], additionalProperties }: FieldSchema,
): WrongValue[] {
  const isMap = typeof additionalProperties === "object" && Object.keys(additionalProperties).length > 0;
  const members = isMap ? { "X-Any": additionalProperties } : properties;
  return Object.entries(members).flatMap(([name, schema]) =>
    wrongValues(route, name, schema, !isMap && !required.includes(name)).map(({ path, value }) => ({
      path: [name, ...path],
      // With what it must have besides: else what is missed would be wrong first.
      value: { ...fittingMembers(route, properties, required), [name]: value },
    })),
  );
}

const fittingMembers = (
  route: string,
  properties: Readonly<Record<string, FieldSchema>>,
  required: readonly string[],
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(required.map((name) => [name, fitting(route, properties[name] ?? {})]));

/** A value that the schema takes. */
function fitting(route: string, given: FieldSchema): unknown {
  const { anyOf: [first] = [], properties = {}, required = [], ...schema } = resolve(route, given);
  if (first !== undefined) return fitting(route, first);
  if (schema.enum !== undefined) return schema.enum[0];
  const [type = "object"] = typesOf(route, schema);
  return type === "object" ? fittingMembers(route, properties, required) : samples[type];
}
