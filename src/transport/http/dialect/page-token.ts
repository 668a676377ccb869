/**
 * Page tokens: base64url of JSON that holds the list's fingerprint and the values of its sort key. Opaque to clients. One is taken where
 * it was given and nowhere else: in another inbox, with other filters or for another tenant it would begin at a place that means nothing
 * there, and items would be missing without a word. Nothing is secret in it: it chooses a place among what its reader may see anyway.
 */
import { createHash } from "node:crypto";
import { z } from "@hono/zod-openapi";
import type { Scope } from "../../../domain/door/access/index.ts";
import type { Cursor, SortKey, SortType } from "../../../domain/door/cursor.ts";
import { unstorable } from "../parse-json.ts";
import { wrongAt } from "./invalid-request.ts";

/** The query's field, which both vendors call so. */
export const PAGE_TOKEN = "page_token";

const values: Readonly<Record<SortType, z.ZodType<Cursor[number]>>> = {
  timestamptz: z.iso.datetime().transform((text) => new Date(text)),
  uuid: z.uuid(),
  text: z.string().refine((text) => unstorable(text) === null),
  float8: z.number(),
};

/** Where the next page begins, in an answer that is not yet said to be one of a certain list. */
export class NextPage {
  readonly cursor: Cursor;

  constructor(cursor: Cursor) {
    this.cursor = cursor;
  }

  /** @param list its fingerprint */
  tokenOf(list: string): string {
    return Buffer.from(JSON.stringify([list, ...this.cursor])).toString("base64url");
  }
}

/** The query's field: base64url that is the cursor of a list with this order. One of another list is refused later, by `refuseForeignPage`. */
export const pageTokenField = (key: SortKey, description: string) =>
  z
    .base64url()
    .transform((token, context): Cursor => {
      const cursor = readPageToken(key, token);
      if (cursor !== null) return cursor;
      context.addIssue({ code: "custom", message: WRONG, input: token });
      return z.NEVER;
    })
    .optional()
    .openapi({ description, type: "string" });

const WRONG = "Invalid page_token: start again from the first page";

/** The cursor of a token; null when it is none of a list with this sort key. */
export function readPageToken(key: SortKey, token: string): Cursor | null {
  const parsed = decode(token);
  if (!Array.isArray(parsed) || parsed.length !== key.length + 1) return null;
  const cursor: Cursor[number][] = [];
  for (const [index, type] of key.entries()) {
    const value = values[type].safeParse(parsed[index + 1]);
    if (!value.success) return null;
    cursor.push(value.data);
  }
  return cursor;
}

/** What a list is known by. */
export interface ListRead {
  /** Name of its route. */
  readonly route: string;
  readonly params: Readonly<Record<string, string>>;
  /** As parsed: one filter may be written in several ways. */
  readonly query: object;
  /** Of its reader. */
  readonly scope: Pick<Scope, "organizationId" | "podId" | "inboxId">;
}

/** Bytes of a fingerprint: no two lists that one caller reads share one, and it is short in a token. */
const FINGERPRINT_BYTES = 12;

/** The same for the same list, however long its pages are. */
export function fingerprintOf({ route, params, query, scope }: ListRead): string {
  const { organizationId, podId, inboxId } = scope;
  const place = Object.entries(params).map(([name, value]) => [name, value.toLowerCase()]);
  const filters = Object.entries(query).filter(([name]) => name !== PAGE_TOKEN && name !== "limit");
  const text = JSON.stringify([route, organizationId, podId, inboxId, place, filters]);
  return createHash("sha256").update(text).digest().subarray(0, FINGERPRINT_BYTES).toString("base64url");
}

/** @param tokens values of the query's field @throws InvalidRequest for one that is none of the list */
export function refuseForeignPage(list: string, tokens: readonly string[] = []): void {
  for (const token of tokens) {
    const parsed = decode(token);
    if (!Array.isArray(parsed) || parsed[0] !== list) throw wrongAt([PAGE_TOKEN], WRONG);
  }
}

/** An answer with the tokens of its list, in its own fields and in those of the objects in them. @param list gives the list's fingerprint */
export function withPageTokens(body: unknown, list: () => string, depth = 1): unknown {
  if (body instanceof NextPage) return body.tokenOf(list());
  if (depth < 0 || !isPlain(body)) return body;
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name, withPageTokens(value, list, depth - 1)]),
  );
}

const isPlain = (value: unknown): value is object =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

function decode(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
  } catch {
    return null;
  }
}
