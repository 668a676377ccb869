/** Page tokens: base64url of JSON that holds the list's name and the values of its sort key. Opaque to clients. */
import { z } from "@hono/zod-openapi";
import type { Cursor, SortKey, SortType } from "../../../domain/door/cursor.ts";
import { unstorable } from "../parse-json.ts";

const values: Readonly<Record<SortType, z.ZodType<Cursor[number]>>> = {
  timestamptz: z.iso.datetime().transform((text) => new Date(text)),
  uuid: z.uuid(),
  text: z.string().refine((text) => unstorable(text) === null),
  float8: z.number(),
};

/** @param list what is listed: a token of another list means nothing to it */
export function writePageToken(list: string, cursor: Cursor): string {
  return Buffer.from(JSON.stringify([list, ...cursor])).toString("base64url");
}

/** The cursor of a token of this list; null when it is none. */
export function readPageToken(list: string, key: SortKey, token: string): Cursor | null {
  const parsed = decode(token);
  if (!Array.isArray(parsed) || parsed.length !== key.length + 1 || parsed[0] !== list) return null;
  const cursor: Cursor[number][] = [];
  for (const [index, type] of key.entries()) {
    const value = values[type].safeParse(parsed[index + 1]);
    if (!value.success) return null;
    cursor.push(value.data);
  }
  return cursor;
}

function decode(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
  } catch {
    return null;
  }
}
