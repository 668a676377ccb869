/** The main job, end to end: every tenant onboarded, its mail in, webhook out, reply back; then onboarded again, changing nothing. */
import { AgentMailClient } from "agentmail";
import { checkRefusals, exchange, type Stage } from "./exchange.ts";
import { takeInventory } from "./inventory.ts";
import { type Onboarded, type OnStep, onboard, type Tenant } from "./onboard.ts";
import { startWebhookReceiver } from "./webhook-receiver.ts";

export interface DemoServer {
  readonly baseUrl: string;
  readonly smtp: { readonly host: string; readonly port: number };
  readonly rootKey: string;
}

/** What the table shows of a tenant. Durations are milliseconds. */
export interface TenantReport {
  readonly tenant: Tenant;
  readonly onboarded: Onboarded;
  readonly mails: number;
  readonly webhooks: number;
  readonly steps: readonly { readonly step: string; readonly ms: number }[];
}

/** A step did not do what it should; the message names tenant and step. */
export class DemoFailure extends Error {}

/** Steps of one tenant, for the progress bar. */
export const STEPS_PER_TENANT = 12;

class Stopwatch {
  readonly steps: { step: string; ms: number }[] = [];
  readonly #now: () => number;
  readonly #onStep: OnStep;
  #current = "start";
  #since: number;
  constructor(now: () => number, onStep: OnStep) {
    this.#now = now;
    this.#onStep = onStep;
    this.#since = now();
  }
  begin(step: string): void {
    this.end();
    this.#current = step;
    this.#onStep(step);
  }
  end(): void {
    const now = this.#now();
    if (this.#current !== "start") this.steps.push({ step: this.#current, ms: now - this.#since });
    this.#current = "start";
    this.#since = now;
  }
  get current(): string {
    return this.#current;
  }
}

/** @throws DemoFailure at the first step that fails */
export async function runDemo(
  server: DemoServer,
  tenants: readonly Tenant[],
  now: () => number,
  onStep: (tenant: string, step: string) => void,
): Promise<TenantReport[]> {
  const organization = new AgentMailClient({ baseUrl: server.baseUrl, apiKey: server.rootKey });
  const webhooks = await startWebhookReceiver();
  const stage: Stage = { baseUrl: server.baseUrl, smtp: server.smtp, organization, webhooks };
  try {
    const made: { tenant: Tenant; onboarded: Onboarded; watch: Stopwatch }[] = [];
    for (const tenant of tenants) {
      const watch = new Stopwatch(now, (step) => onStep(tenant.slug, step));
      const onboarded = await guarded(tenant, watch, async () => {
        const result = await onboard(organization, tenant, webhooks.urlFor(tenant.slug), (step) =>
          watch.begin(step),
        );
        webhooks.trust(tenant.slug, result.webhookSecret);
        await exchange(stage, tenant, result, (step) => watch.begin(step));
        return result;
      });
      made.push({ tenant, onboarded, watch });
    }
    for (const [index, { tenant, onboarded, watch }] of made.entries()) {
      const other = made.length > 1 ? (made[(index + 1) % made.length]?.onboarded ?? null) : null;
      await guarded(tenant, watch, () => checkRefusals(stage, onboarded, other, (step) => watch.begin(step)));
    }
    await runAgain(stage, made);
    return await report(stage, made);
  } finally {
    await webhooks.stop();
  }
}

async function guarded<Result>(
  tenant: Tenant,
  watch: Stopwatch,
  act: () => Promise<Result>,
): Promise<Result> {
  try {
    const result = await act();
    watch.end();
    return result;
  } catch (error) {
    throw new DemoFailure(
      `${tenant.slug}: step "${watch.current}" failed: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

type Made = readonly { readonly tenant: Tenant; readonly onboarded: Onboarded; readonly watch: Stopwatch }[];

async function runAgain(stage: Stage, made: Made): Promise<void> {
  const before = await takeInventory(stage.organization);
  for (const { tenant, onboarded, watch } of made)
    await guarded(tenant, watch, async () => {
      watch.begin("again");
      const again = await onboard(
        stage.organization,
        tenant,
        stage.webhooks.urlFor(tenant.slug),
        () => undefined,
      );
      if (
        again.podId !== onboarded.podId ||
        again.webhookId !== onboarded.webhookId ||
        again.podKey.id !== onboarded.podKey.id
      )
        throw new Error("the second run made something new");
    });
  const after = await takeInventory(stage.organization);
  const changed = after.filter((line) => !before.includes(line));
  if (changed.length > 0 || before.length !== after.length)
    throw new DemoFailure(`the second onboarding changed something: ${changed.join(", ")}`);
}

async function report(stage: Stage, made: Made): Promise<TenantReport[]> {
  const reports: TenantReport[] = [];
  for (const { tenant, onboarded, watch } of made) {
    const { messages } = await stage.organization.inboxes.messages.list(onboarded.inboxId);
    reports.push({
      tenant,
      onboarded,
      mails: messages.length,
      webhooks: stage.webhooks.count(tenant.slug),
      steps: watch.steps,
    });
  }
  return reports;
}
