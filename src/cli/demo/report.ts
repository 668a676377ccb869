/** What the demo shows of its tenants. */
import Table from "cli-table3";
import type { TenantReport } from "./run.ts";

export const withoutSecrets = ({ onboarded, ...report }: TenantReport): object => {
  const { webhookSecret: _secret, podKey, inboxKey, ...rest } = onboarded;
  return { ...report, ...rest, podKeyPrefix: podKey.prefix, inboxKeyPrefix: inboxKey.prefix };
};

/** One readable table: what each tenant has, and how long each step took. */
export function tableOf(reports: readonly TenantReport[], startMs: number): string {
  const style = { head: [], border: [] };
  const given = new Table({ head: ["tenant", "address", "pod", "keys", "mails", "webhooks"], style });
  for (const { tenant, onboarded, mails, webhooks } of reports)
    given.push([
      tenant.slug,
      onboarded.inboxId,
      onboarded.podId,
      `${onboarded.podKey.prefix}…\n${onboarded.inboxKey.prefix}…`,
      mails,
      `${webhooks} verified`,
    ]);
  const names = [...new Set(reports.flatMap(({ steps }) => steps.map(({ step }) => step)))];
  const times = new Table({ head: ["step, ms", ...reports.map(({ tenant }) => tenant.slug)], style });
  for (const name of names)
    times.push([
      name,
      ...reports.map(({ steps }) => (steps.find(({ step }) => step === name)?.ms ?? 0).toFixed(1)),
    ]);
  const total = reports.flatMap(({ steps }) => steps).reduce((sum, { ms }) => sum + ms, 0);
  return `${given.toString()}\n${times.toString()}\nServer up in ${startMs.toFixed(0)} ms; ${reports.length} tenants in ${total.toFixed(0)} ms; the second onboarding changed nothing.`;
}
