/** What each field of a body is not: derived from the API document, which is written from the schemas that read it. */
import { documentOf } from "../../src/transport/http/dialect/document.ts";
import { dialects } from "../dialects/index.ts";

export interface FieldSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: FieldSchema;
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
const documents = dialects.map((dialect) => documentOf(dialect, "test") as Document);
const document: Document = {
  paths: Object.assign({}, ...documents.map(({ paths }) => paths)),
  components: {
    schemas: Object.assign({}, ...documents.map(({ components }) => components.schemas)),
  },
};

function resolve(schema: FieldSchema): FieldSchema {
  const name = schema.$ref?.split("/").at(-1);
  return name === undefined ? schema : (document.components.schemas[name] ?? {});
}

/** Fields of the route's body; null when it takes none. */
export function bodyFields(path: string, method: string): Readonly<Record<string, FieldSchema>> | null {
  const schema = document.paths[path]?.[method]?.requestBody?.content["application/json"].schema;
  return schema === undefined ? null : (resolve(schema).properties ?? {});
}

/** Names of the fields that the route's body must have. */
export function requiredFields(path: string, method: string): readonly string[] {
  const schema = document.paths[path]?.[method]?.requestBody?.content["application/json"].schema;
  return schema === undefined ? [] : (resolve(schema).required ?? []);
}

/** Query fields of the route. */
export function queryFields(path: string, method: string): Readonly<Record<string, FieldSchema>> {
  const parameters = document.paths[path]?.[method]?.parameters ?? [];
  return Object.fromEntries(
    parameters.filter((one) => one.in === "query").map(({ name, schema }) => [name, schema]),
  );
}

export interface WrongValue {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}

/** Text for which old clients send numbers and booleans (contract 1.6). */
const freeText = new Set(["subject", "text", "html", "labels", "add_labels", "remove_labels"]);

const samples: Readonly<Record<string, unknown>> = {
  null: null,
  number: 5,
  boolean: true,
  string: "text",
  array: [],
  object: {},
};

function typesOf(schema: FieldSchema): readonly string[] {
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap(typesOf);
  return schema.type === undefined ? [] : [schema.type].flat();
}

/**
 * Values that `field` of this schema may not have, and the path at which each is wrong.
 * @param isOptional null then counts as absent
 */
export function wrongValues(field: string, given: FieldSchema, isOptional: boolean): WrongValue[] {
  const schema = resolve(given);
  const types = new Set(typesOf(schema));
  if (types.size === 0) return [];
  if (types.has("array")) return wrongLists(field, schema.items ?? {}, isOptional);
  if (types.has("string") && freeText.has(field)) types.add("number").add("boolean");
  return [
    ...Object.entries(samples)
      .filter(([type]) => !types.has(type) && !(isOptional && type === "null"))
      .map(([, value]) => ({ path: [], value })),
    ...(schema.enum === undefined ? [] : [{ path: [], value: "none of them" }]),
    ...wrongMembers(schema),
  ];
}

/** A scalar is read as a list of one (contract 1.6), so an invalid item is an invalid list too. */
function wrongLists(field: string, items: FieldSchema, isOptional: boolean): WrongValue[] {
  return wrongValues(field, items, false).flatMap(({ path, value }) => [
    { path: [0, ...path], value: [value] },
    ...(Array.isArray(value) || (isOptional && value === null) ? [] : [{ path: [0, ...path], value }]),
  ]);
}

function wrongMembers({ properties = {}, required = [], additionalProperties }: FieldSchema): WrongValue[] {
  const members = additionalProperties === undefined ? properties : { "X-Any": additionalProperties };
  return Object.entries(members).flatMap(([name, schema]) =>
    wrongValues(name, schema, additionalProperties === undefined && !required.includes(name)).map(
      ({ path, value }) => ({ path: [name, ...path], value: { [name]: value } }),
    ),
  );
}
