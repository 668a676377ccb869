/** `rookery agent list`: one function a command. */
import { z } from "zod";
import { type Client, inPath } from "../client/client.ts";
import { ClientError } from "../client/failures.ts";
import { allByCursor } from "../client/pages.ts";
import { confirm } from "../confirm.ts";
import { counted, doneLine, type OutputOptions, present } from "../output.ts";
import { type CommandParts, UsageError } from "../parts.ts";
import { createCount, createProgress } from "../progress.ts";
import { readGiven } from "./body.ts";
import { clientOf, one, orAbsent, readLists } from "./read.ts";
import {
  itemShape,
  type ValueList,
  valueListJson,
  valueListShape,
  valueListTable,
  valueListText,
} from "./value-list.ts";

/** Items a request, which is the most that the API takes. */
const ITEMS_A_REQUEST = 1000;

const LISTS = "rookery agent list list";

const listPath = (id: string): string => `/v3/lists/${inPath(id)}`;

export async function listLists(parts: CommandParts, options: OutputOptions): Promise<void> {
  const lists = await readLists(await clientOf(parts));
  await present(parts, options, {
    json: lists.map(valueListJson),
    ids: lists.map(({ id }) => id),
    text: () => valueListTable(lists),
  });
}

const readList = (client: Client, id: string): Promise<ValueList> =>
  orAbsent(`list ${id}`, LISTS, one(client, { method: "GET", path: listPath(id) }, valueListShape));

/** Values of a list; on a terminal with a count of those read so far. */
async function readItems(client: Client, id: string): Promise<string[]> {
  const progress = createCount();
  try {
    const items = await orAbsent(
      `list ${id}`,
      LISTS,
      allByCursor(client, `${listPath(id)}/items`, itemShape, (count) => progress.step("items read:", count)),
    );
    return items.map(({ value }) => value);
  } finally {
    progress.end();
  }
}

export async function getList(parts: CommandParts, id: string, options: OutputOptions): Promise<void> {
  const client = await clientOf(parts);
  const list = await readList(client, id);
  const items = await readItems(client, id);
  await present(parts, options, {
    json: { items, list: valueListJson(list) },
    ids: [list.id],
    text: () => [valueListText(list), "", ...items].join("\n").trimEnd(),
  });
}

export async function listItems(parts: CommandParts, id: string, options: OutputOptions): Promise<void> {
  const items = await readItems(await clientOf(parts), id);
  await present(parts, options, {
    json: items,
    ids: items,
    text: () => (items.length === 0 ? "The list is empty." : items.join("\n")),
  });
}

interface CreateOptions extends OutputOptions {
  readonly name: string;
  readonly type: string;
  readonly description?: string;
  readonly item?: readonly string[];
}

export async function createList(parts: CommandParts, options: CreateOptions): Promise<void> {
  const client = await clientOf(parts);
  const { name, description } = options;
  const body = {
    name,
    type: options.type.toLowerCase(),
    ...(description !== undefined && { description }),
  };
  const made = await one(client, { method: "POST", path: "/v3/lists", body }, valueListShape);
  const list = options.item === undefined ? made : await changeItems(client, "POST", made.id, options.item);
  await present(parts, options, {
    json: valueListJson(list),
    ids: [list.id],
    text: () => `${doneLine("List created successfully!")}\n\n${valueListText(list)}`,
  });
}

export async function updateList(
  parts: CommandParts,
  id: string,
  options: OutputOptions & { readonly name?: string; readonly description?: string },
): Promise<void> {
  const { name, description } = options;
  if (name === undefined && description === undefined)
    throw new UsageError("Nothing to change: give --name or --description.");
  const body = { ...(name !== undefined && { name }), ...(description !== undefined && { description }) };
  const call = { method: "PUT", path: listPath(id), body } as const;
  const list = await orAbsent(`list ${id}`, LISTS, one(await clientOf(parts), call, valueListShape));
  await present(parts, options, {
    json: valueListJson(list),
    ids: [list.id],
    text: () => `${doneLine(`List updated successfully: ${list.name}`)}\n\n${valueListText(list)}`,
  });
}

/** Adds or removes values, those of arguments and those of a file, one a line. */
export async function editItems(
  parts: CommandParts,
  turn: "add" | "remove",
  id: string,
  values: readonly string[],
  options: OutputOptions & { readonly file?: string },
): Promise<void> {
  const lines =
    options.file === undefined ? [] : (await readGiven(parts, "--file", options.file)).split("\n");
  const items = [...values, ...lines].map((value) => value.trim()).filter((value) => value !== "");
  if (items.length === 0)
    throw new UsageError("Values are missing: give some, or a file of them with --file.");
  const list = await changeItems(await clientOf(parts), turn === "add" ? "POST" : "DELETE", id, items);
  await present(parts, options, {
    json: valueListJson(list),
    ids: [list.id],
    text: () =>
      [
        doneLine(`${turn === "add" ? "Added" : "Removed"} ${items.length} item(s)`),
        `List ${list.id} now has ${list.items_count} item(s)`,
      ].join("\n"),
  });
}

/** In requests of 1,000. @throws ClientError that says how many are done, when one of them is refused */
async function changeItems(
  client: Client,
  method: "POST" | "DELETE",
  id: string,
  items: readonly string[],
): Promise<ValueList> {
  const label = method === "POST" ? "items added" : "items removed";
  const progress = items.length > ITEMS_A_REQUEST ? createProgress(items.length) : null;
  let list: ValueList | null = null;
  let done = 0;
  try {
    for (; done < items.length; done += ITEMS_A_REQUEST) {
      const body = { items: items.slice(done, done + ITEMS_A_REQUEST) };
      const call = { method, path: `${listPath(id)}/items`, body };
      list = await orAbsent(`list ${id}`, LISTS, one(client, call, valueListShape));
      progress?.step(label, body.items.length);
    }
  } catch (error) {
    if (done === 0 || !(error instanceof ClientError)) throw error;
    throw new ClientError(
      `${error.message} Before that, ${counted(done, "item")} of ${items.length.toLocaleString("en")} were taken: the same command again goes on from there.`,
      error.status,
      { cause: error },
    );
  } finally {
    progress?.end();
  }
  return list ?? readList(client, id);
}

export async function deleteList(
  parts: CommandParts,
  id: string,
  options: OutputOptions & { readonly yes?: boolean },
): Promise<void> {
  const client = await clientOf(parts);
  const question = `Delete the list ${id} and its items? Rules that use it no longer match by it.`;
  if (!(await confirm(parts, question, options.yes))) return;
  await orAbsent(`list ${id}`, LISTS, client.call({ method: "DELETE", path: listPath(id) }, z.unknown()));
  await present(parts, options, {
    json: { deleted: id },
    ids: [],
    text: () => doneLine(`List deleted: ${id}`),
  });
}
