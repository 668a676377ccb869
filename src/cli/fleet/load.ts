/** The fleet as files say it: read, put together and checked before anything is sent. */
import { open } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { codeOf } from "../../lib/error-code.ts";
import {
  type FleetDocument,
  type FleetSecrets,
  MAX_FILE_BYTES,
  type Path,
  type Problem,
  problemsOf,
  subjectOf,
} from "../../protocols/fleet-file/index.ts";
import { readFleetFile, readTenants, tenantOf } from "../../protocols/fleet-file/read.ts";
import { UnreadableFile } from "../../protocols/fleet-file/reading.ts";
import { ClientError } from "../client/failures.ts";
import { type CommandParts, UsageError } from "../parts.ts";

export interface FleetOptions {
  /** Absent: fleet.yaml, when no list of tenants is given. */
  readonly file?: string;
  /** A list of tenants in place of a fleet file, and the address of each. */
  readonly tenants?: string;
  readonly address?: string;
}

export interface Fleet {
  readonly document: FleetDocument;
  /** Null: the file does not say where secrets go. */
  readonly secrets: FleetSecrets | null;
  /** What paths in `secrets` begin from. */
  readonly folder: string;
  /** Where a part of the document is written. */
  readonly whereOf: (path: Path) => Where;
}

export const FLEET_FILE = "fleet.yaml";
/** Role of the inbox of a fleet that has no file. */
export const ONLY_ROLE = "inbox";

/** @throws UsageError with all that is wrong, with file, line and column */
export async function loadFleet(parts: CommandParts, options: FleetOptions): Promise<Fleet> {
  if (options.tenants !== undefined) return loadList(parts, options.tenants, options);
  if (options.address !== undefined)
    throw new UsageError("--address goes with --tenants: give the tenants' file.");
  return loadFile(parts, options.file ?? FLEET_FILE);
}

/** The same, or null when there is no file and none was asked for. */
export async function loadFleetIfAny(parts: CommandParts, options: FleetOptions): Promise<Fleet | null> {
  const isAsked = Object.values(options).some((option) => option !== undefined);
  return isAsked || (await exists(resolve(parts.cwd, FLEET_FILE))) ? loadFleet(parts, options) : null;
}

async function exists(path: string): Promise<boolean> {
  try {
    await (await open(path)).close();
    return true;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return false;
    throw unreadableFile(path, error);
  }
}

async function loadFile(parts: CommandParts, name: string): Promise<Fleet> {
  const path = resolve(parts.cwd, name);
  const { value, placeOf } = await reading(name, async () => readFleetFile(await bytesOf(path, name), path));
  const { tenants, secrets, ...settings } = value;
  const folder = dirname(path);
  const rest = { secrets: secrets ?? null, folder };
  const inFile = (at: Path): Where => ({ name, ...placeOf(at) });
  if (Array.isArray(tenants))
    return checked({ document: { ...settings, tenants: tenants.map(tenantOf) }, ...rest, whereOf: inFile });
  // Named as the reader of the error can open it.
  const listPath = resolve(folder, tenants.file);
  const listName = dirname(name) === "." ? tenants.file : listPath;
  const list = await reading(listName, async () =>
    readTenants(await bytesOf(listPath, listName), listPath, settings.defaults ?? {}),
  );
  const whereOf = (at: Path): Where =>
    at[0] === "tenants" && at.length > 1 ? { name: listName, ...list.placeOf(at.slice(1)) } : inFile(at);
  return checked({ document: { ...settings, tenants: list.value }, ...rest, whereOf });
}

async function loadList(parts: CommandParts, name: string, { address, file }: FleetOptions): Promise<Fleet> {
  if (file !== undefined)
    throw new UsageError("--file and --tenants exclude each other: a fleet file names its tenants itself.");
  if (address === undefined)
    throw new UsageError(
      "--tenants needs --address, such as --address 'support-{tenant}@yourapp.example', or a fleet file in its place.",
    );
  const defaults = { inboxes: [{ role: ONLY_ROLE, address }] };
  const path = resolve(parts.cwd, name);
  const { value, placeOf } = await reading(name, async () =>
    readTenants(await bytesOf(path, name), path, defaults),
  );
  const document: FleetDocument = { version: 1, defaults, tenants: value };
  const whereOf = (at: Path): Where =>
    at[0] === "tenants" ? { name, ...placeOf(at.slice(1)) } : { name: "--address", line: 0, column: null };
  return checked({ document, secrets: null, folder: dirname(path), whereOf });
}

interface Where {
  readonly name: string;
  /** 0: what is named has no lines. */
  readonly line: number;
  readonly column: number | null;
}

const whereText = ({ name, line, column }: Where): string =>
  [name, ...(line === 0 ? [] : [line]), ...(column === null ? [] : [column])].join(":");

/** @throws UsageError for what cannot be, before anything is sent */
function checked(fleet: Fleet): Fleet {
  const { document, whereOf } = fleet;
  const { shown, count } = problemsOf(document);
  if (count === 0) return fleet;
  const lines = shown.map(
    (problem) => `${whereText(whereOf(problem.path))}: ${sentenceOf(document, problem, whereOf)}`,
  );
  throw listed(lines, count);
}

/** What the server has against the options, by the names that they have on the command line. */
const namingFlags = (error: ClientError): ClientError =>
  new ClientError(error.message.replaceAll("max_delete", "--max-delete"), error.status, {
    cause: error,
    problems: error.problems,
  });

/** What the server has against the document, where the file has it; any other error in the words of the command. */
export function placed(error: unknown, { whereOf }: Fleet): unknown {
  if (!(error instanceof ClientError)) return error;
  const found = error.problems.filter(
    ({ path: [first, second] }) => first === "document" && second !== undefined,
  );
  if (found.length === 0) return namingFlags(error);
  const lines = found.map(({ path, message }) => {
    const at = path.slice(1);
    const [subject, named] = [subjectOf(at, null), path.join(".")];
    // A sentence of the server may name the field itself.
    const says = message.startsWith(named) ? message.slice(named.length) : `: ${message}`;
    return `${whereText(whereOf(at))}: ${subject}${says}`;
  });
  return listed(lines, found.length);
}

function sentenceOf(
  document: FleetDocument,
  { path, says, also }: Problem,
  whereOf: (path: Path) => Where,
): string {
  const slug = path[0] === "tenants" ? document.tenants[Number(path[1])]?.slug : undefined;
  const rest = path.slice(2).filter((key) => key !== "slug");
  const subject =
    slug === undefined
      ? subjectOf(path, null)
      : [slug, ...(rest.length > 0 ? [subjectOf(rest, null)] : [])].join(" ");
  return `${subject} ${says}${also === undefined ? "" : ` (${whereText(whereOf(also))})`}`;
}

/** One line a problem: a terminal or an editor finds the place by it. */
function listed(lines: readonly string[], count: number): UsageError {
  const more = count - lines.length;
  const all = more > 0 ? [...lines, `and ${more.toLocaleString("en")} more.`] : lines;
  const [first = ""] = all;
  return new UsageError(
    all.length === 1
      ? first
      : `${count.toLocaleString("en")} things are wrong. Nothing was sent.\n${all.join("\n")}`,
  );
}

async function reading<Value>(name: string, read: () => Promise<Value>): Promise<Value> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    const { problems, count } = error;
    throw listed(
      problems.map(({ line, column, says }) => `${whereText({ name, line, column })}: ${says}`),
      count,
    );
  }
}

/** @throws UsageError for what is no file, cannot be read, or is too large */
async function bytesOf(path: string, name: string): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      const stats = await file.stat();
      if (stats.isDirectory()) throw new UsageError(`${name} is a directory: give a file.`);
      if (stats.size > MAX_FILE_BYTES)
        throw new UsageError(
          `${name} has ${stats.size} bytes: ${MAX_FILE_BYTES} are allowed. Split the fleet into several files.`,
        );
      return await readBounded(file, name);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw error instanceof UsageError ? error : unreadableFile(name, error);
  }
}

/** A pipe, as `<(...)` in a shell, does not say its size. */
async function readBounded(file: Awaited<ReturnType<typeof open>>, name: string): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of file.createReadStream({ autoClose: false })) {
    // Cast: without an encoding a stream of a file gives bytes.
    const part = piece as Buffer;
    bytes += part.length;
    if (bytes > MAX_FILE_BYTES) throw new UsageError(`${name} has more than ${MAX_FILE_BYTES} bytes.`);
    pieces.push(part);
  }
  return Buffer.concat(pieces);
}

function unreadableFile(name: string, error: unknown): UsageError {
  const code = codeOf(error);
  if (code === "ENOENT")
    return new UsageError(
      basename(name) === FLEET_FILE
        ? `There is no ${name} here: \`rookery fleet init\` writes one, or give --file, or --tenants with --address.`
        : `${name} does not exist.`,
    );
  return new UsageError(`${name} cannot be read (${code || String(error)}).`);
}
