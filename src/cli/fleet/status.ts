/** `rookery fleet status` and `drift`: what there is, beside what there should be. */
import { clientOf } from "../agent/read.ts";
import type { Client } from "../client/client.ts";
import { ClientError } from "../client/failures.ts";
import { type Cell, type Colour, cellColumns, colour, counted, tableOf } from "../output.ts";
import type { CommandParts } from "../parts.ts";
import { createCount } from "../progress.ts";
import { changeLines } from "./change-text.ts";
import { fleetLines, type StatusSummary, statusLine, type TenantRow } from "./lines.ts";
import { type FleetOptions, loadFleetIfAny } from "./load.ts";
import { requestPlan } from "./plan.ts";

export interface StatusOptions extends FleetOptions {
  readonly json?: boolean;
}

interface Status {
  readonly rows: readonly TenantRow[];
  readonly summary: StatusSummary;
}

/** A flat array for jq; a table for people. */
export async function showStatus(parts: CommandParts, options: StatusOptions): Promise<void> {
  const status = await readStatus(parts, options);
  if (options.json === true) parts.print(JSON.stringify(status.rows.map(rowJson), null, 2));
  else parts.print(statusText(status));
}

/** Prints what differs alone; says so with 2, and with 0 that nothing does. */
export async function showDrift(parts: CommandParts, options: StatusOptions): Promise<void> {
  const { rows, summary } = await readStatus(parts, options);
  const wrong = rows.filter(isWrong);
  const isClean = wrong.length === 0 && summary.shared_changes.length === 0;
  if (options.json === true)
    parts.print(JSON.stringify({ shared: summary.shared_changes, tenants: wrong.map(rowJson) }, null, 2));
  else
    parts.print(
      isClean
        ? `${colour("green", "✓")} No drift: ${summaryText(rows, summary)}.`
        : driftText(wrong, rows, summary),
    );
  if (!isClean) parts.exit(2);
}

/** One on its way out is as it should be. */
const isWrong = ({ state, health }: TenantRow): boolean =>
  ["drift", "gap", "orphan"].includes(state) || (health === "invalid" && state !== "suspended");

const rowJson = ({ type: _, ...row }: TenantRow): object => row;

/** With the fleet file when there is one, else with what was applied last. */
async function readStatus(parts: CommandParts, options: StatusOptions): Promise<Status> {
  const { file, tenants, address } = options;
  const given = {
    ...(file !== undefined && { file }),
    ...(tenants !== undefined && { tenants }),
    ...(address !== undefined && { address }),
  };
  const fleet = await loadFleetIfAny(parts, given);
  const client = await clientOf(parts);
  const plan = fleet === null ? null : await requestPlan(client, fleet, {}, false);
  return collect(client, plan?.summary.plan_id);
}

async function collect(client: Client, planId: string | undefined): Promise<Status> {
  const rows: TenantRow[] = [];
  const call = { method: "GET", path: "/v0/fleet/status", query: { plan_id: planId } } as const;
  const progress = createCount();
  try {
    for await (const line of fleetLines(client, call, statusLine, { what: "The status", last: "summary" })) {
      if (line.type !== "tenant") return { rows, summary: line };
      rows.push(line);
      if (rows.length % SHOWN_AT_ONCE === 0) progress.step("tenants read:", SHOWN_AT_ONCE);
    }
  } finally {
    progress.end();
  }
  throw new ClientError("The status was cut off. Run it again.");
}

/** Tenants that the count of those read goes on by: fewer take no time. */
const SHOWN_AT_ONCE = 1000;

const stateColours: Readonly<Record<string, Colour>> = {
  in_sync: "green",
  drift: "yellow",
  gap: "red",
  orphan: "yellow",
  suspended: "dim",
};

const STATE_COLUMNS = 9;
const HEALTH_COLUMNS = 7;
const TENANT_COLUMNS = 20;
const WHAT_COLUMNS = cellColumns(4) - STATE_COLUMNS - HEALTH_COLUMNS - TENANT_COLUMNS;
/** Rows of the table. */
const MOST_ROWS = 200;
/** Addresses, faults and changes of one row, each. */
const MOST_LINES = 3;

function statusText({ rows, summary }: Status): string {
  if (rows.length === 0) return "There is no tenant yet: `rookery fleet apply`.";
  // Those that need a look come first; the rest in the order of the file.
  const sorted = [...rows.filter(isWrong), ...rows.filter((row) => !isWrong(row))];
  const table = tableOf(
    [
      ["tenant", TENANT_COLUMNS],
      ["state", STATE_COLUMNS],
      ["health", HEALTH_COLUMNS],
      ["addresses, and what is wrong", WHAT_COLUMNS],
    ],
    sorted.slice(0, MOST_ROWS).map((row) => [tenantOf(row), stateCell(row), healthCell(row), whatOf(row)]),
  );
  const more = rows.length - MOST_ROWS;
  return [
    summaryText(rows, summary),
    table,
    ...(more > 0 ? [`and ${more.toLocaleString("en")} more: --json has all.`] : []),
    ...(rows.some(({ faults = [] }) => faults.some(({ code }) => code === "webhook_failing"))
      ? ["What a webhook answered: `rookery webhooks list-events <webhook>`."]
      : []),
    ...(summary.shared_changes.length > 0
      ? ["What tenants share differs:", ...summary.shared_changes.flatMap((change) => changeLines(change, 2))]
      : []),
  ].join("\n");
}

const tenantOf = ({ tenant, pod_id: pod }: TenantRow): string => tenant ?? pod ?? "";

const stateCell = ({ state }: TenantRow): Cell => ({
  text: state.replace("_", " "),
  colour: stateColours[state] ?? "yellow",
});

const healthCell = ({ health }: TenantRow): Cell =>
  health === undefined ? "" : { text: health, colour: health === "valid" ? "green" : "red" };

function whatOf({ addresses, faults = [], changes, delete_at: end }: TenantRow): string {
  return [
    ...bounded(addresses),
    ...bounded(faults.map(({ message }) => `! ${message}`)),
    ...bounded(changes.map(({ action, kind, name }) => `${action} ${kind} ${name}`)),
    ...(end === undefined ? [] : [`deleted on ${end.slice(0, 10)}`]),
  ].join("\n");
}

function bounded(lines: readonly string[]): string[] {
  const rest = lines.length - MOST_LINES;
  return rest > 0 ? [...lines.slice(0, MOST_LINES), `and ${rest} more`] : [...lines];
}

function summaryText(rows: readonly TenantRow[], summary: StatusSummary): string {
  const { tenants, in_sync, drift, gap, orphan, suspended } = summary;
  // One on its way out is not expected to be.
  const invalid = rows.filter(({ health, state }) => health === "invalid" && state !== "suspended").length;
  const parts = (
    [
      [in_sync, "in sync"],
      [drift, "with drift"],
      [gap, "missing"],
      [suspended, "suspended"],
      [invalid, "not healthy"],
    ] as const
  ).filter(([count]) => count > 0);
  const told = parts.map(([count, what]) => `${count.toLocaleString("en")} ${what}`);
  return `${counted(tenants, "tenant")}${told.length === 0 ? "" : `: ${told.join(", ")}`}${orphan === 0 ? "" : `; ${counted(orphan, "orphan")}`}`;
}

/** Tenants that are shown whole. */
const MOST_SHOWN = 50;

function driftText(wrong: readonly TenantRow[], all: readonly TenantRow[], summary: StatusSummary): string {
  const shown = wrong.slice(0, MOST_SHOWN);
  const more = wrong.length - shown.length;
  return [
    ...(summary.shared_changes.length > 0
      ? ["Shared", ...summary.shared_changes.flatMap((change) => changeLines(change, 2))]
      : []),
    ...shown.flatMap(driftLines),
    ...(more > 0 ? [`and ${more.toLocaleString("en")} more: --json has all.`] : []),
    "",
    `${colour("bold", "Drift:")} ${summaryText(all, summary)}.`,
  ].join("\n");
}

const reasons: Readonly<Record<string, string>> = {
  gap: "in the file, not in Rookery",
  orphan: "in Rookery, not in the file",
};

function driftLines(row: TenantRow): string[] {
  const { state, changes, faults = [] } = row;
  const reason = reasons[state];
  return [
    `${tenantOf(row)}${reason === undefined ? "" : `: ${reason}`}`,
    // What is missing altogether is in the file.
    ...(state === "gap" ? [] : changes.flatMap((change) => changeLines(change, 2))),
    ...faults.map(({ message, address, since }) => {
      const when = since === undefined ? "" : ` (since ${since.slice(0, 16).replace("T", " ")} UTC)`;
      return `  ${colour("red", "!")} ${address === undefined ? "" : `${address}: `}${message}${when}`;
    }),
  ];
}
