/** Runs a command of the API: sends its request, and prints the answer for people, for programs, or its ids alone. */
import { createWriteStream } from "node:fs";
import { resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import { type Call, type Client, createClient } from "../client/client.ts";
import { connectionOf, keylessConnectionOf } from "../client/connection.ts";
import { ClientError } from "../client/failures.ts";
import { type CommandParts, configOf, errorLine, UsageError } from "../parts.ts";
import { type ApiOperation, isFile, LINES } from "./document.ts";
import { type Options, requestOf } from "./request.ts";
import { detailText, jsonText, lineText, tableText } from "./shown.ts";
import { uploadFile } from "./upload.ts";

/** Exit codes of what the server refuses, by its status; 1 of everything else. */
const EXIT_OF_STATUS: ReadonlyMap<number, number> = new Map([
  [401, 4],
  [403, 4],
  [404, 3],
]);

/** Pages that are read: a million items. */
const MAX_PAGES = 1000;
/** Items of a page when all are wanted: the most that lists give. */
const PAGE_ITEMS = 1000;
/** The same where a filter reads every row that it passes over. */
const FILTERED_PAGE_ITEMS = 100;

/** @throws UsageError, ConfigError, and ClientError without a status; a refusal is told, and is the exit code */
export async function runOperation(
  parts: CommandParts,
  operation: ApiOperation,
  ids: readonly string[],
  options: Options,
): Promise<void> {
  const call = await requestOf(operation, ids, options, parts.cwd);
  if (options.dryRun === true) return printRequest(parts, call, options);
  const connect = operation.needsKey ? connectionOf : keylessConnectionOf;
  const client = createClient(await connect(parts));
  try {
    await send(parts, client, operation, call, options);
  } catch (error) {
    const code = error instanceof ClientError ? EXIT_OF_STATUS.get(error.status ?? 0) : undefined;
    if (!(error instanceof ClientError) || code === undefined) throw error;
    parts.tell(errorLine(error.message));
    parts.exit(code);
  }
}

const wantsJson = ({ forPeople }: CommandParts, { json }: Options): boolean => json === true || !forPeople;

/** What would be sent. The key is not part of it, and need not be there. */
async function printRequest(parts: CommandParts, call: Call, options: Options): Promise<void> {
  const { baseUrl } = await configOf(parts);
  const url = new URL(baseUrl + call.path);
  for (const [name, value] of Object.entries(call.query ?? {}))
    if (value !== undefined) url.searchParams.set(name, String(value));
  const { method, headers, body } = call;
  if (wantsJson(parts, options)) return parts.print(jsonText({ method, url: url.href, headers, body }));
  parts.print(`${method} ${url.href}`);
  for (const [name, value] of Object.entries(headers ?? {})) parts.print(`${name}: ${value}`);
  if (body !== undefined) parts.print(`\n${jsonText(body)}`);
}

async function send(
  parts: CommandParts,
  client: Client,
  operation: ApiOperation,
  call: Call,
  options: Options,
): Promise<void> {
  const { media } = operation.answer;
  if (media === LINES) {
    for await (const line of client.lines(call, z.unknown())) parts.print(lineText(line));
    return;
  }
  if (isFile(media)) return saveFile(parts, client, call, options);
  if (options.pageAll === true) return printPages(parts, client, operation, call, options);
  const answer = await client.call(call, z.unknown());
  if (answer === null) {
    if (parts.forPeople && options.json !== true && options.quiet !== true) parts.print("Done.");
    return;
  }
  const { upload } = options;
  const shown =
    upload === undefined ? answer : await uploadFile(client, call, answer, resolve(parts.cwd, upload));
  await print(parts, operation, shown, options);
}

/** Bytes, which are for a file or a pipe. */
async function saveFile(parts: CommandParts, client: Client, call: Call, { output }: Options): Promise<void> {
  if (output === undefined && parts.forPeople)
    throw new UsageError("The answer is a file: say where to write it with --output FILE, or pipe it.");
  if (output !== undefined)
    return pipeline(client.bytes(call), createWriteStream(resolve(parts.cwd, output)));
  for await (const piece of client.bytes(call)) await parts.deliver(piece);
}

/** Page after page as they come, none of them kept. @throws ClientError when there are more than are read */
async function printPages(
  parts: CommandParts,
  client: Client,
  operation: ApiOperation,
  call: Call,
  options: Options,
): Promise<void> {
  const { query = {} } = call;
  const isFiltered = ["from", "to", "subject", "senders", "recipients"].some(
    (name) => query[name] !== undefined,
  );
  const limit = query["limit"] ?? (isFiltered ? FILTERED_PAGE_ITEMS : PAGE_ITEMS);
  let token = query["page_token"];
  for (let read = 0; read < MAX_PAGES; read++) {
    const page = await client.call(
      { ...call, query: { ...query, limit, page_token: token } },
      z.looseObject({}),
    );
    const items = itemsOf(operation, page);
    if (options.quiet !== true && wantsJson(parts, options))
      for (const item of items) parts.print(lineText(item));
    else if (items.length > 0 || read === 0) await print(parts, operation, page, options);
    const { next_page_token: next } = page;
    if (typeof next !== "string") return;
    token = next;
  }
  throw new ClientError(`There are more than ${MAX_PAGES} pages. Go on with --page-token ${token}.`);
}

async function print(
  parts: CommandParts,
  operation: ApiOperation,
  answer: unknown,
  options: Options,
): Promise<void> {
  const { items, id } = operation.answer;
  if (options.quiet === true) {
    const named = items === null ? [answer] : itemsOf(operation, answer);
    for (const one of named) {
      const value = id === null ? undefined : recordOf(one)[id];
      if (typeof value === "string") parts.print(lineText(value).slice(1, -1));
    }
  } else if (wantsJson(parts, options)) parts.print(jsonText(answer));
  else if (items === null) parts.print(detailText(recordOf(answer)));
  else parts.print(tableText(itemsOf(operation, answer).map(recordOf), operation.answer, recordOf(answer)));
}

function itemsOf({ answer: { items } }: ApiOperation, answer: unknown): readonly unknown[] {
  const found = items === null ? [] : recordOf(answer)[items];
  return Array.isArray(found) ? found : [];
}

// Cast: any object is a record of unknown values.
const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
