/** `rookery fleet offboard`: tenants out, at once. */
import { clientOf } from "../agent/read.ts";
import { confirm } from "../confirm.ts";
import { type CommandParts, UsageError } from "../parts.ts";
import { appliedJson, appliedText } from "./applied-view.ts";
import { runApply } from "./apply.ts";
import { loadFleetIfAny } from "./load.ts";

export interface OffboardOptions {
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly now?: boolean;
  readonly graceDays?: number;
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
  const body = {
    tenants,
    ...(options.now === true ? { now: true } : graceDays !== undefined && { grace_days: graceDays }),
  };
  const applied = await runApply(client, body, null, "/v0/fleet/offboard");
  parts.print(
    options.json === true ? JSON.stringify(appliedJson(applied, null), null, 2) : appliedText(applied, null),
  );
  const listed = new Set(fleet?.document.tenants.map(({ slug }) => slug));
  for (const tenant of tenants.filter((one) => listed.has(one)))
    parts.tell(`${tenant} is in the fleet file still: take it out, or the next apply brings it back.`);
  if (applied.view.failed() > 0) parts.exit(1);
}
