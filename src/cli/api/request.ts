/** The request of a command: its arguments and options as path, query and body. */
import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { codeOf } from "../../lib/error-code.ts";
import { type Call, inPath } from "../client/client.ts";
import { UsageError } from "../parts.ts";
import type { ApiOperation } from "./document.ts";
import { type Field, flagOf } from "./field.ts";
import { describeFile } from "./upload.ts";

/** Options that every command has, beside those of its fields. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly dryRun?: boolean;
  /** A file with the body, or - for standard input. */
  readonly body?: string;
  readonly attach?: readonly string[];
  /** A file whose bytes are uploaded behind the request. */
  readonly upload?: string;
  readonly output?: string;
  readonly pageAll?: boolean;
  readonly idempotencyKey?: string;
}

/** Options as the library keeps them: under camelCase names. */
export type Options = CommonOptions & Readonly<Record<string, unknown>>;

/** Bytes of a file to attach: more than any send takes (its request may have 12 MB, in base64). */
const MAX_ATTACHED_BYTES = 9 * 1024 * 1024;

/** @param cwd where files are named from @throws UsageError for an id that is none, a file that cannot be read, a body that is no object, or a field that is missing */
export async function requestOf(
  operation: ApiOperation,
  ids: readonly string[],
  options: Options,
  cwd: string,
): Promise<Call> {
  const { method, query, body, takesIdempotencyKey } = operation;
  const { idempotencyKey } = options;
  requireAll(
    query.filter((field) => field.isRequired && given(field, options) === undefined),
    "Give the option.",
  );
  return {
    method,
    path: pathOf(operation, ids),
    query: Object.fromEntries(query.map((field) => [field.name, queryText(given(field, options))])),
    ...(body !== null && { body: await bodyOf(body, options, cwd) }),
    ...(takesIdempotencyKey &&
      idempotencyKey !== undefined && {
        headers: { "idempotency-key": idempotencyKey },
        // With a key of its own it is done once.
        isRepeatable: true,
      }),
  };
}

function pathOf({ path, parameters }: ApiOperation, ids: readonly string[]): string {
  return parameters.reduce(
    (found, { name }, index) => found.replace(`{${name}}`, () => inPath(ids[index] ?? "")),
    path,
  );
}

/** What the library makes of a flag's name. */
const keyOf = (name: string): string =>
  name.replaceAll(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());

const given = ({ name }: Field, options: Options): unknown => options[keyOf(name)];

/** Lists as JSON, which are not split at commas. */
function queryText(value: unknown): string | number | undefined {
  if (value === undefined || typeof value === "string" || typeof value === "number") return value;
  return JSON.stringify(value);
}

async function bodyOf(fields: readonly Field[], options: Options, cwd: string): Promise<object> {
  const { upload } = options;
  const described = upload === undefined ? {} : await describeFile(upload, cwd);
  const whole = options.body === undefined ? described : await readBody(options.body, cwd);
  const named = fields.flatMap((field) => {
    const value = given(field, options);
    return value === undefined || isBodyFile(field, options) ? [] : [[field.name, value]];
  });
  const files = await Promise.all((options.attach ?? []).map((file) => attachmentOf(file, cwd)));
  const body: Record<string, unknown> = { ...whole, ...Object.fromEntries(named) };
  if (files.length > 0) {
    const before = body["attachments"];
    body["attachments"] = [...(Array.isArray(before) ? before : []), ...files];
  }
  requireAll(
    fields.filter(({ name, isRequired }) => isRequired && !(name in body)),
    "Give the option, or the field in --body.",
  );
  return body;
}

/** @throws UsageError when any field is missing */
function requireAll(missing: readonly Field[], remedy: string): void {
  if (missing.length > 0)
    throw new UsageError(`Missing: ${missing.map(({ name }) => `--${flagOf(name)}`).join(", ")}. ${remedy}`);
}

/** A field called body would be hidden by the option of that name; there is none. */
const isBodyFile = ({ name }: Field, { body }: Options): boolean => name === "body" && body !== undefined;

async function readBody(file: string, cwd: string): Promise<object> {
  const found = file === "-" ? await text(process.stdin) : (await read(file, cwd)).toString("utf8");
  let body: unknown;
  try {
    body = JSON.parse(found);
  } catch {
    throw new UsageError(`${file === "-" ? "Standard input" : file} is no JSON.`);
  }
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw new UsageError("A body is a JSON object.");
  return body;
}

async function attachmentOf(file: string, cwd: string): Promise<object> {
  const content = await read(file, cwd);
  if (content.length > MAX_ATTACHED_BYTES)
    throw new UsageError(
      `${file} has more than ${MAX_ATTACHED_BYTES} bytes: attach it by url, with --attachments.`,
    );
  return { filename: basename(file), content: content.toString("base64") };
}

async function read(file: string, cwd: string): Promise<Buffer> {
  try {
    return await readFile(resolve(cwd, file));
  } catch (error) {
    throw new UsageError(`${file} cannot be read (${codeOf(error)}).`);
  }
}
