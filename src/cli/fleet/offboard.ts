/** `rookery fleet offboard`: tenants out, at once. */
import { clientOf } from "../agent/read.ts";
import { confirm } from "../confirm.ts";
import { counted, doneLine } from "../output.ts";
import { type CommandParts, UsageError } from "../parts.ts";
import { exportTenants } from "./export.ts";
import { offboardShape } from "./lines.ts";
import { loadFleetIfAny } from "./load.ts";
import { failureLine } from "./plan-view.ts";

export interface OffboardOptions {
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly now?: boolean;
  readonly graceDays?: number;
  readonly export?: string;
}

/** Tenants that a question names. */
const MOST_NAMED = 10;

export async function offboardTenants(
  parts: CommandParts,
  tenants: readonly string[],
  options: OffboardOptions,
): Promise<void> {
  if (options.now === true && options.graceDays !== undefined)
    throw new UsageError("--now and --grace-days exclude each other: give one of them.");
  const fleet = await loadFleetIfAny(parts, {});
  const client = await clientOf(parts);
  const graceDays = options.graceDays ?? fleet?.document.removal?.grace_days;
  const named = tenants.slice(0, MOST_NAMED).join(", ");
  const question =
    options.now === true
      ? `Delete ${named} at once, with all mail and keys?`
      : `Suspend ${named}: keys dead and mail refused at once, deleted after ${graceDays ?? 30} days?`;
  if (!(await confirm(parts, question, options.yes))) return;
  // First: what is deleted cannot be exported any more.
  const archives =
    options.export === undefined ? [] : await exportTenants(parts, client, tenants, options.export);
  const body = {
    tenants,
    ...(options.now === true ? { now: true } : graceDays !== undefined && { grace_days: graceDays }),
  };
  const call = { method: "POST", path: "/v0/fleet/offboard", body, isRepeatable: true } as const;
  const outcome = await client.call(call, offboardShape);
  const { changes, failures, unchanged } = outcome;
  if (options.json === true) parts.print(JSON.stringify(outcome, null, 2));
  else {
    for (const path of archives) parts.print(doneLine(`Exported to ${path}`));
    for (const { action, tenant, name } of changes)
      parts.print(doneLine(`${tenant ?? name} ${action === "delete" ? "is deleted" : "is suspended"}.`));
    if (unchanged > 0) parts.print(`${counted(unchanged, "tenant")} on the way out already.`);
    for (const failure of failures) parts.print(failureLine(failure));
  }
  const listed = new Set(fleet?.document.tenants.map(({ slug }) => slug));
  for (const tenant of tenants.filter((one) => listed.has(one)))
    parts.tell(`${tenant} is in the fleet file still: take it out, or the next apply brings it back.`);
  if (failures.length > 0) parts.exit(1);
}
