/** What the demo shows of its tenants. */
import { fittedTableOf } from "../output.ts";
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
  const rows = reports.map(({ tenant, onboarded, mails, webhooks }) => {
    const { inboxId, podId, podKey, inboxKey } = onboarded;
    const given = [inboxId, podId, `${podKey.prefix}…`, `${inboxKey.prefix}…`].join("\n");
    return [tenant.slug, given, `${mails}`, `${webhooks} verified`];
  });
  return fittedTableOf(["tenant", "inbox, pod, keys", "mails", "webhooks"], rows);
}

function timesTable(reports: readonly TenantReport[]): string {
  const names = [...new Set(reports.flatMap(({ steps }) => steps.map(({ step }) => step)))];
  const msOf = ({ steps }: TenantReport, name: string): string =>
    (steps.find(({ step }) => step === name)?.ms ?? 0).toFixed(1);
  return fittedTableOf(
    ["step, ms", ...reports.map(({ tenant }) => tenant.slug)],
    names.map((name) => [name, ...reports.map((report) => msOf(report, name))]),
    reports.length,
  );
}
