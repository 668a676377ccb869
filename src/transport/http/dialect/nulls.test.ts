import { z } from "@hono/zod-openapi";
import { describe, expect, test } from "vitest";
import { withoutNulls } from "./nulls.ts";

const schema = z.object({
  required: z.string(),
  optional: z.string().optional(),
  clears: z.string().nullable().optional(),
  list: z.preprocess((value) => value, z.array(z.object({ name: z.string().optional() }))).optional(),
  map: z.record(z.string(), z.string().nullable()).optional(),
  inner: z.object({ deep: z.number().optional() }).optional(),
});

describe("withoutNulls", () => {
  test("leaves out null where the field is optional, at any depth, and in the objects of lists", () => {
    const value = { optional: null, inner: { deep: null }, list: [{ name: null }, { name: "a" }] };
    expect(withoutNulls(schema, value)).toEqual({ inner: {}, list: [{}, { name: "a" }] });
  });

  test("keeps null where it has a meaning, in maps, and where a value is required", () => {
    const value = { required: null, clears: null, map: { a: null } };
    expect(withoutNulls(schema, value)).toEqual(value);
    expect(schema.safeParse(withoutNulls(schema, value)).success).toBe(false);
  });

  test("leaves alone what is no object, and fields that the schema does not list", () => {
    expect(withoutNulls(schema, null)).toBeNull();
    expect(withoutNulls(schema, [null])).toEqual([null]);
    expect(withoutNulls(schema, { unknown: null })).toEqual({ unknown: null });
  });
});
