/** What the demo shows of its tenants. */
import Table from "cli-table3";
import type { TenantReport } from "./run.ts";

/** For programs: ids, counts and durations, and no secret. */
export const withoutSecrets = ({ onboarded, steps, ...report }: TenantReport): object => {
  const { webhookSecret: _secret, podKey, inboxKey, ...rest } = onboarded;
  return {
    ...report,
    steps: steps.map(({ step, ms }) => ({ step, ms: rounded(ms) })),
    ...rest,
    podKeyPrefix: podKey.prefix,
    inboxKeyPrefix: inboxKey.prefix,
  };
};

/** To a tenth of a millisecond: beyond that a duration is noise. */
export const rounded = (ms: number): number => Math.round(ms * 10) / 10;

const style = { head: [], border: [] };

/** For people, in 80 columns: what each tenant has, how long each step took, and what the demo proved. */
export function tableOf(reports: readonly TenantReport[], startMs: number): string {
  const total = reports.flatMap(({ steps }) => steps).reduce((sum, { ms }) => sum + ms, 0);
  return [
    givenTable(reports),
    timesTable(reports),
    "Each customer's mail arrived by SMTP, a signed webhook reported it, and the",
    "agent replied with its inbox's key alone. No key reached beyond its scope. The",
    "whole onboarding, run again, changed nothing.",
    `Server up in ${startMs.toFixed(0)} ms; ${reports.length} tenants in ${total.toFixed(0)} ms.`,
  ].join("\n");
}

function givenTable(reports: readonly TenantReport[]): string {
  const table = new Table({ head: ["tenant", "inbox, pod, keys", "mails", "webhooks"], style });
  for (const { tenant, onboarded, mails, webhooks } of reports) {
    const { inboxId, podId, podKey, inboxKey } = onboarded;
    const given = [inboxId, podId, `${podKey.prefix}…`, `${inboxKey.prefix}…`].join("\n");
    table.push([tenant.slug, given, mails, `${webhooks} verified`]);
  }
  return table.toString();
}

function timesTable(reports: readonly TenantReport[]): string {
  const names = [...new Set(reports.flatMap(({ steps }) => steps.map(({ step }) => step)))];
  const table = new Table({
    head: ["step, ms", ...reports.map(({ tenant }) => tenant.slug)],
    colAligns: ["left", ...reports.map(() => "right" as const)],
    style: { ...style, compact: true },
  });
  for (const name of names)
    table.push([
      name,
      ...reports.map(({ steps }) => (steps.find(({ step }) => step === name)?.ms ?? 0).toFixed(1)),
    ]);
  return table.toString();
}
