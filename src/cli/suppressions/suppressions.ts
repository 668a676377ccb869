/** `rookery suppressions`: one function a command. */
import { z } from "zod";
import { readGiven } from "../agent/body.ts";
import { clientOf, orAbsent, WORKSPACES } from "../agent/read.ts";
import { type Client, inPath } from "../client/client.ts";
import { cellColumns, counted, doneLine, type OutputOptions, present, tableOf } from "../output.ts";
import { type CommandParts, UsageError } from "../parts.ts";
import { createCount } from "../progress.ts";
import { type Line, readSuppressions } from "./file.ts";

export interface PodOptions extends OutputOptions {
  readonly pod: string;
}

const suppressionShape = z.object({
  address: z.string(),
  pod_id: z.string(),
  cause: z.string(),
  reason: z.string().optional(),
  created_at: z.string(),
});
type Suppression = z.output<typeof suppressionShape>;

const pathOf = (pod: string, below = ""): string => `/v0/pods/${inPath(pod)}/suppressions${below}`;

/** The most that a page of the API has, and that one request imports. */
const PAGE_SIZE = 100;
const IMPORT_SIZE = 1000;

const inPod = <Value>(pod: string, act: Promise<Value>): Promise<Value> =>
  orAbsent(`pod ${pod}`, WORKSPACES, act);

export async function listSuppressions(parts: CommandParts, options: PodOptions): Promise<void> {
  const found = await readAll(await clientOf(parts), options.pod);
  await present(parts, options, {
    json: found,
    ids: found.map(({ address }) => address),
    text: () => (found.length === 0 ? "No address is suppressed." : table(found)),
  });
}

const pageShape = z.object({
  suppressions: z.array(suppressionShape),
  next_page_token: z.string().optional(),
});

async function readAll(client: Client, pod: string): Promise<Suppression[]> {
  const found: Suppression[] = [];
  let token: string | undefined;
  do {
    const query = { limit: PAGE_SIZE, page_token: token };
    const page = await inPod(pod, client.call({ method: "GET", path: pathOf(pod), query }, pageShape));
    found.push(...page.suppressions);
    token = page.next_page_token;
  } while (token !== undefined);
  return found;
}

const ADDRESS_COLUMNS = 30;
const CAUSE_COLUMNS = 9;
const DAY_COLUMNS = 10;

const table = (found: readonly Suppression[]): string =>
  tableOf(
    [
      ["Address", ADDRESS_COLUMNS],
      ["Cause", CAUSE_COLUMNS],
      ["Since", DAY_COLUMNS],
      ["Reason", cellColumns(4) - ADDRESS_COLUMNS - CAUSE_COLUMNS - DAY_COLUMNS],
    ],
    found.map((one) => [one.address, one.cause, one.created_at.slice(0, 10), one.reason ?? ""]),
  );

export async function addSuppression(
  parts: CommandParts,
  address: string,
  options: PodOptions & { readonly reason?: string },
): Promise<void> {
  const client = await clientOf(parts);
  const body = { address, ...(options.reason !== undefined && { reason: options.reason }) };
  const call = { method: "POST", path: pathOf(options.pod), body } as const;
  const made = await inPod(options.pod, client.call(call, suppressionShape));
  await present(parts, options, {
    json: made,
    ids: [made.address],
    text: () => doneLine(`The pod writes to ${made.address} no more (${made.cause})`),
  });
}

export async function removeSuppression(
  parts: CommandParts,
  address: string,
  options: PodOptions,
): Promise<void> {
  const client = await clientOf(parts);
  const call = { method: "DELETE", path: pathOf(options.pod, `/${inPath(address)}`) } as const;
  const listing = `rookery suppressions list --pod ${options.pod}`;
  await orAbsent(`suppression of ${address}`, listing, client.call(call, z.unknown()));
  await present(parts, options, {
    json: { deleted: address },
    ids: [],
    text: () => doneLine(`The pod may write to ${address} again`),
  });
}

const importedShape = z.object({ added: z.number(), known: z.number() });

/** In batches: an interrupted import is run again, and goes on with what is not there. */
export async function importSuppressions(
  parts: CommandParts,
  file: string,
  options: PodOptions,
): Promise<void> {
  const lines = readSuppressions(await readGiven(parts, "import", file));
  if (lines.length === 0) throw new UsageError(`${file} has no address.`);
  const client = await clientOf(parts);
  const progress = createCount();
  let [added, known] = [0, 0];
  try {
    for (let from = 0; from < lines.length; from += IMPORT_SIZE) {
      const suppressions: Line[] = lines.slice(from, from + IMPORT_SIZE);
      const path = pathOf(options.pod, "/import");
      const call = { method: "POST", path, body: { suppressions }, isRepeatable: true } as const;
      const done = await inPod(options.pod, client.call(call, importedShape));
      [added, known] = [added + done.added, known + done.known];
      progress.step("addresses imported:", suppressions.length);
    }
  } finally {
    progress.end();
  }
  await present(parts, options, {
    json: { added, known },
    ids: [],
    text: () =>
      doneLine(`${counted(added, "suppression")} added, ${known.toLocaleString("en")} there before`),
  });
}
