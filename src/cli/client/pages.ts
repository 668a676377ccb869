/** Lists of the API, read to their end page by page. */
import { z } from "zod";
import type { Client } from "./client.ts";
import { ClientError } from "./failures.ts";

/** Objects a page: the most that the API gives. */
export const PAGE_SIZE = 200;
/** Pages of a list: 200,000 objects. */
const MAX_PAGES = 1000;

/** Told how many objects came with each page but the last: what one page holds takes no time. */
export type OnPage = (count: number) => void;

const ignored: OnPage = () => undefined;

/**
 * Every object of a list that is paged by cursor.
 * @throws ClientError, also when it has more pages than are read: cut off, it would look like the whole
 */
export async function allByCursor<Value>(
  client: Client,
  path: string,
  shape: z.ZodType<Value>,
  onPage: OnPage = ignored,
): Promise<Value[]> {
  const found: Value[] = [];
  // Rules come one level deeper than any other list.
  const data = z.union([z.array(shape), z.object({ items: z.array(shape) }).transform(({ items }) => items)]);
  const page = z.object({ data, next_cursor: z.string().nullish() });
  let cursor: string | undefined;
  for (let read = 0; read < MAX_PAGES; read++) {
    const query = { limit: PAGE_SIZE, page_token: cursor };
    const { data: objects, next_cursor: next } = await client.call({ method: "GET", path, query }, page);
    found.push(...objects);
    if (next === undefined || next === null || next === "") return found;
    onPage(objects.length);
    cursor = next;
  }
  throw tooMany(path);
}

/**
 * Every object of a list that is paged by offset. Oldest first, so that what is made meanwhile comes last and moves nothing.
 * @throws ClientError as allByCursor
 */
export async function allByOffset<Value>(
  client: Client,
  path: string,
  shape: z.ZodType<Value>,
  onPage: OnPage = ignored,
): Promise<Value[]> {
  const found: Value[] = [];
  const page = z.object({ data: z.array(shape) });
  for (let read = 0; read < MAX_PAGES; read++) {
    const query = { limit: PAGE_SIZE, offset: read * PAGE_SIZE, sort_by: "created_at", order_by: "asc" };
    const { data } = await client.call({ method: "GET", path, query }, page);
    found.push(...data);
    if (data.length < PAGE_SIZE) return found;
    onPage(data.length);
  }
  throw tooMany(path);
}

const tooMany = (path: string): ClientError =>
  new ClientError(`${path} has more than ${MAX_PAGES * PAGE_SIZE} objects, which is as many as are listed.`);
