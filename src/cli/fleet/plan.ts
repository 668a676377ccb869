/** `rookery fleet plan`: what an apply would change, and why. */
import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { codeOf } from "../../lib/error-code.ts";
import type { FleetSecrets } from "../../protocols/fleet-file/index.ts";
import { clientOf } from "../agent/read.ts";
import type { Client } from "../client/client.ts";
import { colour, counted } from "../output.ts";
import { type CommandParts, UsageError } from "../parts.ts";
import { type Change, type FleetFailure, fleetLines, type PlanSummary, planLine } from "./lines.ts";
import { type Fleet, type FleetOptions, loadFleet, placed } from "./load.ts";
import { countsText, createPlanView, hasChanges, type PlanView } from "./plan-view.ts";
import { createFleetProgress } from "./progress.ts";

export interface ScopeOptions extends FleetOptions {
  readonly target?: readonly string[];
  readonly prune?: boolean;
  readonly maxDelete?: number;
  readonly now?: boolean;
}

export interface PlanOptions extends ScopeOptions {
  readonly json?: boolean;
  readonly out?: string;
}

/** A plan as it is kept in a file; the server has the plan itself, and refuses it when it does not match any more. */
export interface SavedPlan {
  readonly plan_id: string;
  readonly hash: string;
  readonly expires_at: string;
  /** Where its secrets go, and what a path in it begins from. */
  readonly secrets: FleetSecrets | null;
  readonly folder: string;
}

export async function planFleet(parts: CommandParts, options: PlanOptions): Promise<void> {
  const fleet = await loadFleet(parts, options);
  checkTargets(fleet, options);
  const client = await clientOf(parts);
  const isKept = options.json === true || options.out !== undefined;
  const plan = await requestPlan(client, fleet, options, isKept);
  const kept = isKept ? `${JSON.stringify(plannedJson(plan, fleet), null, 2)}` : "";
  if (options.out !== undefined) await save(parts, options.out, kept);
  if (options.json === true) parts.print(kept);
  else parts.print(planText(plan));
  const { failures } = plan.summary;
  if (failures > 0) parts.exit(1);
  else if (hasChanges(plan.summary)) parts.exit(2);
}

export interface Planned {
  readonly view: PlanView;
  readonly summary: PlanSummary;
  /** All of them, when they were asked for. */
  readonly changes: readonly Change[];
  readonly failures: readonly FleetFailure[];
}

export const scopeOf = ({ target, prune, maxDelete, now }: ScopeOptions): object => ({
  ...(target !== undefined && target.length > 0 && { targets: target }),
  ...(prune === true && { prune }),
  ...(maxDelete !== undefined && { max_delete: maxDelete }),
  ...(now === true && { now }),
});

/** @throws UsageError for one that the file does not have: pruned it might be meant to go */
export function checkTargets({ document }: Fleet, { target = [], prune }: ScopeOptions): void {
  if (target.length === 0 || prune === true) return;
  const slugs = new Set(document.tenants.map(({ slug }) => slug));
  const stranger = target.find((slug) => !slugs.has(slug));
  if (stranger !== undefined)
    throw new UsageError(
      `--target ${stranger}: the file has no such tenant. With --prune it would be removed.`,
    );
}

/** @param isKept whether all changes are kept in memory */
export async function requestPlan(
  client: Client,
  fleet: Fleet,
  options: ScopeOptions,
  isKept: boolean,
): Promise<Planned> {
  const view = createPlanView();
  const changes: Change[] = [];
  const failures: FleetFailure[] = [];
  const progress = createFleetProgress("planned");
  const body = { document: fleet.document, ...scopeOf(options) };
  const call = { method: "POST", path: "/v0/fleet/plan", body, isRepeatable: true } as const;
  try {
    for await (const line of fleetLines(client, call, planLine, { what: "The plan", last: "plan" }))
      switch (line.type) {
        case "change":
          view.add(line);
          if (isKept) changes.push(line);
          break;
        case "failure":
          view.fail(line);
          if (isKept) failures.push(line);
          break;
        case "progress":
          progress.reach(line.done, line.total);
          break;
        case "plan":
          return { view, summary: line, changes, failures };
      }
  } catch (error) {
    throw placed(error, fleet);
  } finally {
    progress.end();
  }
  throw new Error("fleetLines ends with its summary, or throws");
}

const untyped = <Line extends { readonly type: string }>({ type: _, ...line }: Line): Omit<Line, "type"> =>
  line;

/** One flat object for programs, which `fleet apply --plan` takes as well. */
const plannedJson = ({ summary, changes, failures }: Planned, { secrets, folder }: Fleet): object => {
  const { plan_id, hash, expires_at, changes: counts, failures: _, ...rest } = untyped(summary);
  return {
    ...({ plan_id, hash, expires_at, secrets, folder } satisfies SavedPlan),
    summary: { ...rest, ...counts },
    changes: changes.map((change) => untyped({ type: "change", ...change })),
    failures: failures.map(untyped),
  };
};

/** A plan is no secret, but whoever changes it changes what is done. */
async function save(parts: CommandParts, name: string, text: string): Promise<void> {
  try {
    await writeFile(resolve(parts.cwd, name), `${text}\n`, { mode: 0o600 });
  } catch (error) {
    throw new UsageError(`${name} cannot be written (${codeOf(error) || String(error)}).`);
  }
}

export function planText({ view, summary }: Planned): string {
  const { tenants, unchanged, orphans, drift, failures } = summary;
  const kept = summary.changes["keep"] ?? 0;
  const besides = [
    ...(kept > 0 ? [`${kept.toLocaleString("en")} beyond the file, left as they are`] : []),
    ...(drift > 0 ? [`${counted(drift, "change")} of somebody else`] : []),
    ...(orphans > 0 ? [`${counted(orphans, "orphan")} (\`rookery fleet status\` lists them)`] : []),
  ];
  return [
    ...view.lines(),
    `${colour("bold", "Plan:")} ${countsText(summary.changes)}${failures > 0 ? `, and ${failures.toLocaleString("en")} cannot be` : ""}; ${unchanged.toLocaleString("en")} of ${counted(tenants, "tenant")} unchanged.`,
    ...(besides.length > 0 ? [`Besides: ${besides.join(", ")}.`] : []),
  ].join("\n");
}
