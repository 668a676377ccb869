/** `rookery fleet apply`: makes the fleet as its file says. */
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { codeOf } from "../../lib/error-code.ts";
import { expandTenant, type FleetDocument, type FleetSecrets } from "../../protocols/fleet-file/index.ts";
import { clientOf } from "../agent/read.ts";
import type { Client } from "../client/client.ts";
import { confirm } from "../confirm.ts";
import { watchInterrupt } from "../interrupt.ts";
import { counted, doneLine } from "../output.ts";
import { type CommandParts, errorLine, UsageError } from "../parts.ts";
import { type Applied, appliedJson, appliedText, createAppliedView } from "./applied-view.ts";
import { exportTenants } from "./export.ts";
import { applyLine, fleetLines, type Secret } from "./lines.ts";
import { type Fleet, loadFleet, placed } from "./load.ts";
import { checkTargets, planText, requestPlan, type SavedPlan, type ScopeOptions, scopeOf } from "./plan.ts";
import { hasChanges } from "./plan-view.ts";
import { createFleetProgress } from "./progress.ts";
import { keep, unkept, withProgress } from "./receipts.ts";
import { type SecretSink, SinkError } from "./secret-sink.ts";
import { openSecrets } from "./secrets.ts";

export interface ApplyOptions extends ScopeOptions {
  readonly yes?: boolean;
  readonly json?: boolean;
  /** A file of `fleet plan --out`. */
  readonly plan?: string;
  /** With prune: a folder for the archives of those that are removed. */
  readonly export?: string;
}

/** What is sent, and where its secrets go. */
interface Order {
  readonly body: object;
  readonly secrets: FleetSecrets | null;
  readonly folder: string;
  /** Secrets that may come, at most. */
  readonly secretCount: number;
  /** What is sent comes of; null: a saved plan. */
  readonly fleet: Fleet | null;
}

export async function applyFleet(parts: CommandParts, options: ApplyOptions): Promise<void> {
  if (options.export !== undefined && options.prune !== true)
    throw new UsageError("--export goes with --prune: it writes archives of the tenants that are removed.");
  const client = await clientOf(parts);
  const order =
    options.plan === undefined
      ? await orderOf(parts, client, options)
      : await savedOrder(parts, options.plan, options);
  if (order === null) return;
  if (options.json === true && order.secrets !== null && "stdout" in order.secrets)
    throw new UsageError("--json and secrets on standard output exclude each other.");
  const sink = await sinkOf(parts, order);
  try {
    const applied = await runApply(parts, client, order, sink);
    if (applied === null) return;
    show(parts, options, applied, sink);
    if (applied.summary.failed_tenants > 0 || applied.view.failed() > 0) parts.exit(1);
  } finally {
    await sink?.close();
  }
}

/**
 * With --yes the document itself: what has moved meanwhile is no obstacle. Else the plan that was shown or whose tenants were exported,
 * and nothing else.
 */
async function orderOf(parts: CommandParts, client: Client, options: ApplyOptions): Promise<Order | null> {
  const fleet = await loadFleet(parts, options);
  checkTargets(fleet, options);
  const { document, secrets, folder } = fleet;
  const { keys, webhooks } = secretCounts(document);
  if (keys > 0 && secrets === null)
    throw new UsageError(
      "There are keys to mint, and the file does not say where their secrets go: add `secrets: {file: secrets.jsonl}`, `{stdout: true}` or `{command: [...]}`.",
    );
  if (options.yes === true && options.export === undefined)
    return { body: { document, ...scopeOf(options) }, secrets, folder, secretCount: keys + webhooks, fleet };
  const plan = await requestPlan(client, fleet, options, false);
  const { view, summary } = plan;
  if (options.yes !== true) {
    parts.tell(planText(plan));
    if (!hasChanges(summary) && summary.failures === 0) return null;
    const goes = removedText(view.removed(), options.now === true);
    if (!(await confirm(parts, `${goes}Apply this plan?`, false))) return null;
  }
  if (options.export !== undefined)
    for (const path of await exportTenants(parts, client, view.removed(), options.export))
      parts.tell(doneLine(`Exported to ${path}`));
  const body = { plan_id: summary.plan_id };
  return { body, secrets, folder, secretCount: view.secretCount(), fleet };
}

/** Removed tenants that a question names. */
const MOST_NAMED = 10;

function removedText(removed: readonly string[], isNow: boolean): string {
  if (removed.length === 0) return "";
  const named = removed.slice(0, MOST_NAMED).join(", ");
  const rest =
    removed.length > MOST_NAMED ? ` and ${(removed.length - MOST_NAMED).toLocaleString("en")} more` : "";
  return `${isNow ? "Deleted at once, with all their mail" : "Removed"}: ${named}${rest}. `;
}

const savedPlan = z.object({
  plan_id: z.string(),
  hash: z.string(),
  expires_at: z.string(),
  // Written by `fleet plan`, whose file it is to say.
  secrets: z.custom<FleetSecrets>().nullable(),
  folder: z.string(),
  summary: z.record(z.string(), z.number()).optional(),
});

/** Was looked at when it was made: it is not asked for again. */
async function savedOrder(parts: CommandParts, name: string, options: ApplyOptions): Promise<Order> {
  const others = Object.keys({ ...scopeOf(options) });
  if (others.length > 0 || options.file !== undefined || options.tenants !== undefined)
    throw new UsageError(
      "--plan applies a plan as it is: the options that it was made with do not go with it.",
    );
  const { plan_id, secrets, folder, summary } = await readSaved(resolve(parts.cwd, name), name);
  return { body: { plan_id }, secrets, folder, secretCount: summary?.["create"] ?? 0, fleet: null };
}

async function readSaved(path: string, name: string): Promise<SavedPlan & z.infer<typeof savedPlan>> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new UsageError(`${name} cannot be read (${codeOf(error) || String(error)}).`);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = null;
  }
  const saved = savedPlan.safeParse(json);
  if (!saved.success)
    throw new UsageError(`${name} is no plan: \`rookery fleet plan --out ${name}\` writes one.`);
  return saved.data;
}

/** Keys of the fleet, and webhooks, which have secrets as well: the API shows those again, so that they need no place. */
function secretCounts(document: FleetDocument): { readonly keys: number; readonly webhooks: number } {
  const counts = { keys: 0, webhooks: 0 };
  for (const tenant of document.tenants) {
    const { keys = [], inboxes, webhooks = [] } = expandTenant(document, tenant);
    counts.keys += keys.length + inboxes.reduce((sum, inbox) => sum + (inbox.keys?.length ?? 0), 0);
    counts.webhooks += webhooks.length;
  }
  return counts;
}

async function sinkOf(
  parts: CommandParts,
  { secrets, folder, secretCount }: Order,
): Promise<SecretSink | null> {
  return secrets === null || secretCount === 0 ? null : openSecrets(parts, secrets, folder, secretCount);
}

const GO_ON =
  "What is done stays, and each tenant is whole or not there: run it again, it goes on from there. Secrets that were not stored come then, those of keys anew.";

/**
 * Interrupted, it ends behind a batch whose secrets are stored.
 * @returns null when it was, which it has told. @throws ClientError, with what was done before it
 */
async function runApply(
  parts: CommandParts,
  client: Client,
  { body, fleet }: Order,
  sink: SecretSink | null,
): Promise<Applied | null> {
  const view = createAppliedView();
  const progress = createFleetProgress("applied");
  const interrupt = watchInterrupt(() =>
    parts.tell("The apply stops behind the tenants that are under way; at once when you interrupt it again."),
  );
  let pending: Secret[] = [];
  let reached = "no tenants";
  const call = { method: "POST", path: "/v0/fleet/apply", body, isRepeatable: true } as const;
  try {
    for await (const line of fleetLines(client, call, applyLine, { what: "The apply", last: "applied" })) {
      switch (line.type) {
        case "change":
          view.add(line);
          break;
        case "failure":
          view.fail(line);
          break;
        case "secret":
        case "webhook_secret":
          pending.push(line);
          break;
        case "receipt":
          await keep(client, sink, pending, line.receipt_id);
          view.stored(pending.length);
          pending = [];
          break;
        case "progress":
          progress.reach(line.done, line.total);
          reached = `${line.done.toLocaleString("en")} of ${counted(line.total, "tenant")}`;
          break;
        case "applied":
          return { view, summary: line };
      }
      if (interrupt.isAsked() && line.type === "progress") {
        progress.end();
        parts.tell(errorLine(`Interrupted at ${reached}. ${GO_ON}`));
        parts.exit(interrupt.code());
        return null;
      }
    }
  } catch (error) {
    if (error instanceof SinkError) throw unkept(error, "The apply");
    const told = withProgress(error, reached, GO_ON);
    throw fleet === null ? told : placed(told, fleet);
  } finally {
    interrupt.end();
    progress.end();
  }
  throw new Error("fleetLines ends with its summary, or throws");
}

function show(parts: CommandParts, { json }: ApplyOptions, applied: Applied, sink: SecretSink | null): void {
  if (json === true) {
    parts.print(JSON.stringify(appliedJson(applied, sink?.place ?? null), null, 2));
    return;
  }
  // Secrets may be all that standard output has.
  const write = sink?.place === "standard output" ? parts.tell : parts.print;
  write(appliedText(applied, sink?.place ?? null));
}
