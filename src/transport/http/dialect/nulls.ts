/** Null in a body: absent, wherever the schema gives it no meaning of its own. Python clients send `x=None` as null. */
import { z } from "@hono/zod-openapi";

const accepts = (schema: z.ZodType, value: unknown): boolean => schema.safeParse(value).success;

/** The schema inside optional, nullable, default and preprocess wrappers. */
function innermost(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodDefault)
    return innermost(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodPipe) {
    const into = schema.out instanceof z.ZodTransform ? schema.in : schema.out;
    return innermost(into as z.ZodType);
  }
  return schema;
}

/** What an object schema says of a field; undefined for a field that it does not list. */
function fieldOf(schema: z.ZodType, name: string): z.ZodType | undefined {
  // Cast: a shape's values are schemas.
  return schema instanceof z.ZodObject ? (schema.shape[name] as z.ZodType | undefined) : undefined;
}

/**
 * A copy of `value` without the nulls of optional fields, at any depth that the schema describes. Fields that
 * take null keep it, and so does a required field, whose schema then refuses it by name.
 */
export function withoutNulls(schema: z.ZodType, value: unknown): unknown {
  const inner = innermost(schema);
  if (Array.isArray(value)) {
    if (!(inner instanceof z.ZodArray)) return value;
    return value.map((item) => withoutNulls(inner.element as z.ZodType, item));
  }
  if (typeof value !== "object" || value === null || !(inner instanceof z.ZodObject)) return value;
  const kept = Object.entries(value).flatMap(([name, field]): [string, unknown][] => {
    const of = fieldOf(inner, name);
    if (of === undefined) return [[name, field]];
    if (field === null && !accepts(of, null) && accepts(of, undefined)) return [];
    return [[name, withoutNulls(of, field)]];
  });
  return Object.fromEntries(kept);
}
