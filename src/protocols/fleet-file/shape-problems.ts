/** What is wrong with the shape of a document, in sentences: an unknown field with the one that was meant. */
import { z } from "zod";
import { MAX_PROBLEMS } from "./limits.ts";
import { suggestion } from "./nearest.ts";
import type { Path, Problem, Problems } from "./problems.ts";

/** @param error of the value's parse by the schema */
export function shapeProblems(schema: z.ZodType, value: unknown, error: z.ZodError): Problems {
  const found = error.issues.flatMap((issue) => problemsIn({ schema, value }, issue, []));
  return { shown: found.slice(0, MAX_PROBLEMS), count: found.length };
}

type Issue = z.core.$ZodIssue;

interface Parsed {
  readonly schema: z.ZodType;
  readonly value: unknown;
}

function problemsIn(parsed: Parsed, issue: Issue, above: Path): Problem[] {
  const path = [...above, ...issue.path.map((key) => (typeof key === "symbol" ? String(key) : key))];
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = fieldsAt(parsed.schema, path);
      return issue.keys.map((key) => ({ path: [...path, key], says: unknownOf(key, known) }));
    }
    case "invalid_union":
      return problemsInUnion(parsed, issue.errors, path);
    case "invalid_key":
      return issue.issues.map(({ message }) => ({ path, says: `is no name: ${lowerFirst(message)}` }));
    default:
      return [{ path, says: sentenceOf(issue, valueAt(parsed.value, path)) }];
  }
}

/** A merge key is YAML 1.1's: parsers of 1.2 take it for any other. */
const unknownOf = (key: string, known: readonly string[]): string =>
  key === "<<"
    ? "is no part of YAML 1.2: write the fields out, or put what all tenants have into defaults"
    : `is unknown${suggestion(key, known)}`;

/** Of the forms that a value may have, the one that it is meant to have: one of its kind, whose fields it has. */
function problemsInUnion(parsed: Parsed, branches: readonly (readonly Issue[])[], path: Path): Problem[] {
  const isOutermost = ({ path: inner }: Issue): boolean => inner.length === 0;
  const ofKind = branches.filter(
    (issues) => !issues.some((issue) => isOutermost(issue) && issue.code === "invalid_type"),
  );
  const meant =
    ofKind.find(
      (issues) => !issues.some((issue) => isOutermost(issue) && issue.code === "unrecognized_keys"),
    ) ?? (ofKind.length === 1 ? ofKind[0] : ofKind[0]?.filter(isOutermost));
  if (meant !== undefined) return meant.flatMap((issue) => problemsIn(parsed, issue, path));
  const wanted = branches
    .flat()
    .flatMap((issue) => (issue.code === "invalid_type" ? [typeName(issue.expected)] : []));
  const isUnquoted = wanted.includes(typeName("string")) && typeof valueAt(parsed.value, path) !== "object";
  return [
    { path, says: `must be ${[...new Set(wanted)].join(" or ")}${isUnquoted ? ": put it in quotes" : ""}` },
  ];
}

const typeNames: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a map",
  record: "a map",
};

const typeName = (expected: string): string => typeNames[expected] ?? expected;

function sentenceOf(issue: Issue, value: unknown): string {
  switch (issue.code) {
    case "invalid_type":
      if (value === undefined) return "is missing";
      if (value === null) return `must be ${typeName(issue.expected)}, and is empty`;
      return `must be ${typeName(issue.expected)}${issue.expected === "string" ? ": put it in quotes" : ""}`;
    case "too_big":
      return `may ${amountOf(issue.origin, Number(issue.maximum))} at most`;
    case "too_small":
      return `must ${amountOf(issue.origin, Number(issue.minimum))} at least`;
    case "invalid_value":
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(" or ")}`;
    default:
      return lowerFirst(issue.message);
  }
}

function amountOf(origin: string, count: number): string {
  if (origin === "string") return `have ${count} character${count === 1 ? "" : "s"}`;
  if (origin === "array") return `have ${count} ${count === 1 ? "entry" : "entries"}`;
  return `be ${count}`;
}

const lowerFirst = (text: string): string => text.slice(0, 1).toLowerCase() + text.slice(1);

export function valueAt(value: unknown, path: Path): unknown {
  let inner = value;
  // Cast: a list and a map are both looked into by key.
  for (const key of path)
    inner =
      typeof inner === "object" && inner !== null
        ? (inner as Readonly<Record<string | number, unknown>>)[key]
        : undefined;
  return inner;
}

/** Fields that the schema has at a path. */
function fieldsAt(schema: z.ZodType, path: Path): string[] {
  let reached: readonly z.core.$ZodType[] = [schema];
  for (const key of path) reached = reached.flatMap(formsOf).flatMap((form) => inside(form, key));
  const names = reached
    .flatMap(formsOf)
    .flatMap((form) => (form instanceof z.ZodObject ? Object.keys(form.shape) : []));
  return [...new Set(names)];
}

/** The forms of a value, none of which is optional or a choice. */
function formsOf(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return formsOf(schema.unwrap());
  if (schema instanceof z.ZodUnion)
    return schema.options.flatMap((option: z.core.$ZodType) => formsOf(option));
  return [schema];
}

function inside(schema: z.core.$ZodType, key: string | number): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodObject) return key in schema.shape ? [schema.shape[key]] : [];
  if (schema instanceof z.ZodArray) return [schema.element];
  return schema instanceof z.ZodRecord ? [schema.valueType] : [];
}
