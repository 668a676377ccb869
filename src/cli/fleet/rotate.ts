/** `rookery fleet rotate-keys`: new secrets for the fleet's keys, beside the old ones for a while. */
import { z } from "zod";
import { expandTenant, type FleetDocument } from "../../protocols/fleet-file/index.ts";
import { clientOf } from "../agent/read.ts";
import type { Client } from "../client/client.ts";
import { confirm } from "../confirm.ts";
import { watchInterrupt } from "../interrupt.ts";
import { colour, counted, doneLine } from "../output.ts";
import { type CommandParts, errorLine, UsageError } from "../parts.ts";
import { createCount } from "../progress.ts";
import { fleetLines, keyedFailureLine, receiptLine, type Secret, secretLine } from "./lines.ts";
import { loadFleet } from "./load.ts";
import { failureLine } from "./plan-view.ts";
import { keep, unkept, withProgress } from "./receipts.ts";
import { type SecretSink, SinkError } from "./secret-sink.ts";
import { openSecrets } from "./secrets.ts";

export interface RotateOptions {
  readonly file?: string;
  /** Seconds. */
  readonly overlap: number;
  readonly target?: readonly string[];
  readonly key?: readonly string[];
  readonly yes?: boolean;
  readonly json?: boolean;
}

const rotationLine = z.discriminatedUnion("type", [
  secretLine,
  keyedFailureLine,
  receiptLine,
  z.object({ type: z.literal("rotated") }),
]);

type KeyFailure = z.infer<typeof keyedFailureLine>;

interface Rotation {
  readonly rotated: number;
  readonly failures: readonly KeyFailure[];
}

export async function rotateKeys(parts: CommandParts, options: RotateOptions): Promise<void> {
  const { document, secrets, folder } = await loadFleet(parts, options);
  const { names, count } = keysOf(document, options);
  if (secrets === null)
    throw new UsageError(
      "The fleet file does not say where secrets go: add `secrets`, as in `rookery fleet init`.",
    );
  if (options.json === true && "stdout" in secrets)
    throw new UsageError("--json and secrets on standard output exclude each other.");
  const then =
    options.overlap === 0 ? "the old ones die at once" : `the old ones work for ${options.overlap} s more`;
  const question = `Rotate ${counted(count, "key")} named ${names.join(", ")}; ${then}?`;
  if (!(await confirm(parts, question, options.yes))) return;
  const client = await clientOf(parts);
  const sink = await openSecrets(parts, secrets, folder, count);
  try {
    const body = {
      names,
      overlap_seconds: options.overlap,
      ...(options.target !== undefined && { tenants: options.target }),
    };
    const rotation = await runRotation(parts, client, body, sink);
    if (rotation === null) return;
    show(parts, options, rotation, sink.place);
    if (rotation.failures.length > 0) parts.exit(1);
  } finally {
    await sink.close();
  }
}

const REST =
  "The others are as they were, but for a batch whose secrets were not stored: the next apply replaces those.";

/** Interrupted, it ends behind a batch whose secrets are stored. @returns null when it was, which it has told */
async function runRotation(
  parts: CommandParts,
  client: Client,
  body: object,
  sink: SecretSink,
): Promise<Rotation | null> {
  const failures: KeyFailure[] = [];
  const progress = createCount();
  const interrupt = watchInterrupt(() =>
    parts.tell("The rotation stops behind the keys that are under way; at once when you interrupt it again."),
  );
  let pending: Secret[] = [];
  let rotated = 0;
  // Not repeated: each time it makes new keys.
  const call = { method: "POST", path: "/v0/api-keys/rotate", body } as const;
  const cut = { what: "The rotation", last: "rotated" } as const;
  try {
    for await (const line of fleetLines(client, call, rotationLine, cut)) {
      if (line.type === "secret") pending.push(line);
      else if (line.type === "failure") failures.push(line);
      else if (line.type === "receipt") {
        await keep(client, sink, pending, line.receipt_id);
        rotated += pending.length;
        progress.step("keys rotated:", pending.length);
        pending = [];
      }
      if (interrupt.isAsked() && line.type === "receipt") {
        progress.end();
        parts.tell(
          errorLine(
            `Interrupted: ${counted(rotated, "key")} rotated, whose new secrets are in ${sink.place}. ${REST}`,
          ),
        );
        parts.exit(interrupt.code());
        return null;
      }
    }
  } catch (error) {
    if (error instanceof SinkError) throw unkept(error, "The rotation");
    throw withProgress(
      error,
      `${counted(rotated, "key")} rotated, whose new secrets are in ${sink.place}`,
      REST,
    );
  } finally {
    interrupt.end();
    progress.end();
  }
  return { rotated, failures };
}

function show(
  parts: CommandParts,
  { json }: RotateOptions,
  { rotated, failures }: Rotation,
  place: string,
): void {
  if (json === true) {
    parts.print(JSON.stringify({ rotated, secrets: place, failures }, null, 2));
    return;
  }
  // Secrets may be all that standard output has.
  const write = place === "standard output" ? parts.tell : parts.print;
  write(
    failures.length === 0
      ? doneLine(`${counted(rotated, "key")} rotated; the new secrets are in ${place}.`)
      : `${colour("red", "✗")} ${counted(rotated, "key")} rotated, ${failures.length.toLocaleString("en")} not:`,
  );
  for (const failure of failures.slice(0, MOST_SHOWN)) write(failureLine(failure));
}

/** Failures that are shown. */
const MOST_SHOWN = 15;

/** Names of the file's keys, and how many keys have them. @throws UsageError for a name that no key has, and for a tenant that is not there */
function keysOf(document: FleetDocument, { key, target }: RotateOptions): { names: string[]; count: number } {
  const stranger = target?.find((slug) => document.tenants.every((tenant) => tenant.slug !== slug));
  if (stranger !== undefined) throw new UsageError(`The file has no tenant ${stranger}.`);
  const counts = new Map<string, number>();
  for (const tenant of document.tenants) {
    if (target !== undefined && !target.includes(tenant.slug)) continue;
    const { keys = [], inboxes } = expandTenant(document, tenant);
    for (const { name } of [...keys, ...inboxes.flatMap((inbox) => inbox.keys ?? [])])
      counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const unknown = key?.find((name) => !counts.has(name));
  if (unknown !== undefined)
    throw new UsageError(
      `No key of the file is named ${unknown}: there are ${[...counts.keys()].join(", ") || "none"}.`,
    );
  const names = key === undefined ? [...counts.keys()] : [...new Set(key)];
  if (names.length === 0) throw new UsageError("The file has no keys to rotate.");
  return { names, count: names.reduce((sum, name) => sum + (counts.get(name) ?? 0), 0) };
}
