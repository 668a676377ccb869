/** Lines of the fleet's routes as they are written; their schemas are in fleet-lines.ts. */

import { textOf } from "../../../../domain/door/text.ts";
import type { Change } from "../../../../domain/fleet/differences/index.ts";
import type {
  DocumentRun,
  FleetLine,
  Offboarded,
  StatusRun,
  TenantFailure,
  TenantRow,
} from "../../../../domain/fleet/plans/index.ts";
import { wireResource } from "../../dialect/limit-names.ts";
import { wirePath } from "../../dialect/naming.ts";
import { failureAnswer, inWireNames } from "../errors.ts";
import { present, wire } from "./common.ts";
import { toWebhookId } from "./webhook.ts";

/** Its name in a document. Keys of metadata are the caller's own. */
function wireField(kind: Change["kind"], field: string): string {
  const [first = "", ...rest] = field.split(".");
  if (first === "metadata") return field;
  if (kind === "policy" && first === "limits") return ["limits", ...rest.map(wireResource)].join(".");
  return wirePath([first, ...rest]).join(".");
}

const toChange = (change: Change): Record<string, unknown> =>
  present({
    ...wire(change, ["id", "action", "kind"]),
    tenant: change.tenant,
    ...wire(change, ["name", "address"]),
    object_id:
      change.kind === "webhook" && change.objectId !== null ? toWebhookId(change.objectId) : change.objectId,
    fields:
      change.fields.length === 0
        ? null
        : change.fields.map(({ field, from, to }) => ({ field: wireField(change.kind, field), from, to })),
    cause: change.cause,
    why: textOf(change.why, (path) => wireField(change.kind, path.join("."))),
    by: change.by === null ? null : present(wire(change.by, ["actor", "keyId", "operation", "at"])),
  });

function toFailure({ slug, change, failure }: TenantFailure): Record<string, unknown> {
  const { code, message, fix, errors } = failureAnswer(failure).body;
  // The reason of an invalid input is in the first of its errors, and in its fix once more.
  const [first] = Array.isArray(errors) ? errors : [];
  const { hint } = failure.details;
  return present({
    type: "failure",
    tenant: slug,
    change_id: change?.id,
    kind: change?.kind,
    name: change?.name,
    code,
    message: first?.message ?? message,
    fix: first === undefined ? fix : hint && inWireNames(hint),
  });
}

export function toFleetLine(line: FleetLine): Record<string, unknown> {
  switch (line.type) {
    case "change":
      return { type: "change", ...toChange(line.change) };
    case "failure":
      return toFailure(line.failure);
    case "secret": {
      const { slug, secret, ...key } = line.secret;
      return present({
        type: "secret",
        tenant: slug,
        ...wire(key, ["name", "address", "podId", "keyId"]),
        api_key: secret,
      });
    }
    case "webhookSecret": {
      const { slug, name, webhookId, secret } = line.secret;
      return { type: "webhook_secret", tenant: slug, name, webhook_id: toWebhookId(webhookId), secret };
    }
    case "receipt":
      return { type: "receipt", receipt_id: line.receiptId, secrets: line.secrets };
    case "progress":
      return { type: "progress", done: line.done, total: line.total };
    case "plan": {
      const { plan, hash, summary } = line;
      const { id, tenants, expiresAt } = plan;
      return { type: "plan", plan_id: id, hash, expires_at: expiresAt.toISOString(), tenants, ...summary };
    }
    case "applied": {
      const { planId, tenants, totals } = line;
      return {
        type: "applied",
        plan_id: planId,
        tenants,
        ...wire(totals, ["unchanged", "changes", "failedTenants"]),
      };
    }
  }
}

const toRow = (row: TenantRow): Record<string, unknown> => ({
  type: "tenant",
  ...present({
    tenant: row.slug,
    ...wire(row, ["state", "podId"]),
    display_name: row.name,
    health: row.health,
    delete_at: row.deleteAfter?.toISOString(),
  }),
  addresses: row.addresses,
  faults: row.faults.map((fault) => present(wire(fault, ["code", "message", "address", "since"]))),
  changes: row.changes.map(toChange),
});

export const toStatusLines = ({ rows, shared, counts }: StatusRun): Record<string, unknown>[] => [
  ...rows.map(toRow),
  ...(shared === null
    ? []
    : [
        {
          type: "summary",
          tenants: counts.tenants,
          ...counts.byState,
          invalid: counts.invalid,
          shared_changes: shared.map(toChange),
        },
      ]),
];

export const toOffboarded = ({ applied, failures, unchanged }: Offboarded): Record<string, unknown> => ({
  changes: applied.map(toChange),
  failures: failures.map(toFailure),
  unchanged,
});

export const toDocumentLines = ({
  tenants,
  skipped,
  counts,
  next,
}: DocumentRun): Record<string, unknown>[] => [
  ...tenants.map(({ podId, tenant }) => ({ type: "tenant", pod_id: podId, tenant })),
  ...skipped.map(({ podId, why }) => ({ type: "skipped", pod_id: podId, why })),
  ...(next === null ? [{ type: "summary", ...counts }] : []),
];
