/** The onboarding of a tenant, following AgentMail's multi-tenancy guide, with AgentMail's own client. */
import type { AgentMailClient } from "agentmail";

export interface Tenant {
  readonly slug: string;
  readonly domain: string;
}

/** What a tenant is given. A key's secret is known only to the run that made it. */
export interface Onboarded {
  readonly podId: string;
  readonly inboxId: string;
  readonly customerInboxId: string;
  readonly domainId: string;
  readonly podKey: { readonly id: string; readonly prefix: string; readonly secret: string | null };
  readonly inboxKey: { readonly id: string; readonly prefix: string; readonly secret: string | null };
  readonly webhookId: string;
  readonly webhookSecret: string;
}

/** Called before each step. */
export type OnStep = (step: string) => void;

type Key = Onboarded["podKey"];

interface KeyRoutes {
  readonly list: () => Promise<{ apiKeys: readonly { apiKeyId: string; name: string; prefix?: string }[] }>;
  readonly create: (name: string) => Promise<{ apiKeyId: string; prefix: string; apiKey: string }>;
}

/** Keys have no client_id: the name is looked up first, so that a second run makes no second key. */
async function keyNamed(name: string, routes: KeyRoutes): Promise<Key> {
  const existing = (await routes.list()).apiKeys.find((key) => key.name === name);
  if (existing !== undefined) return { id: existing.apiKeyId, prefix: existing.prefix ?? "", secret: null };
  const made = await routes.create(name);
  return { id: made.apiKeyId, prefix: made.prefix, secret: made.apiKey };
}

/** Idempotent: every object has a name of its own, by which an existing one is found and not made again. */
export async function onboard(
  client: AgentMailClient,
  tenant: Tenant,
  webhookUrl: string,
  onStep: OnStep,
): Promise<Onboarded> {
  const { slug } = tenant;
  onStep("pod");
  const pod = await client.pods.create({ name: slug, clientId: `tenant-${slug}` });
  onStep("inbox");
  const inbox = await client.pods.inboxes.create(pod.podId, {
    username: `support-${slug}`,
    displayName: `${slug} support`,
    clientId: `support-${slug}`,
  });
  const customer = await client.inboxes.create({
    username: `customer-of-${slug}`,
    displayName: "A customer",
    clientId: `customer-of-${slug}`,
  });
  onStep("domain");
  const domain = await client.pods.domains.create(pod.podId, { domain: tenant.domain });
  onStep("pod key");
  const podKey = await keyNamed(`${slug}-key`, {
    list: () => client.pods.apiKeys.list(pod.podId),
    create: (name) => client.pods.apiKeys.create(pod.podId, { name }),
  });
  onStep("inbox key");
  const inboxKey = await keyNamed(`${slug}-support-key`, {
    list: () => client.inboxes.apiKeys.list(inbox.inboxId),
    create: async (name) => bearer(await client.inboxes.apiKeys.create(inbox.inboxId, { name })),
  });
  onStep("webhook");
  const webhook = await client.webhooks.create({
    url: webhookUrl,
    eventTypes: ["message.received", "message.sent"],
    podIds: [pod.podId],
    clientId: `webhook-${slug}`,
  });
  return {
    podId: pod.podId,
    inboxId: inbox.inboxId,
    customerInboxId: customer.inboxId,
    domainId: domain.domainId,
    podKey,
    inboxKey,
    webhookId: webhook.webhookId,
    webhookSecret: webhook.secret,
  };
}

function bearer(result: Awaited<ReturnType<AgentMailClient["inboxes"]["apiKeys"]["create"]>>): {
  apiKeyId: string;
  prefix: string;
  apiKey: string;
} {
  if (!("apiKey" in result)) throw new Error("asked for a bearer key, got another credential");
  return result;
}
