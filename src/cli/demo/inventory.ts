/** Everything an organization holds, as text that compares: a second onboarding must leave it as it was. */
import type { AgentMailClient } from "agentmail";

export async function takeInventory(client: AgentMailClient): Promise<string[]> {
  const lines: string[] = [];
  const { pods } = await client.pods.list();
  for (const pod of pods) {
    lines.push(`pod ${pod.podId} ${pod.name} ${pod.updatedAt.toISOString()}`);
    for (const inbox of (await client.pods.inboxes.list(pod.podId)).inboxes)
      lines.push(`inbox ${inbox.inboxId} ${inbox.updatedAt.toISOString()}`);
    for (const domain of (await client.pods.domains.list(pod.podId)).domains)
      lines.push(`domain ${domain.domainId} ${domain.updatedAt.toISOString()}`);
  }
  for (const key of (await client.apiKeys.list()).apiKeys) lines.push(`key ${key.apiKeyId} ${key.name}`);
  for (const webhook of (await client.webhooks.list()).webhooks)
    lines.push(`webhook ${webhook.webhookId} ${webhook.updatedAt.toISOString()}`);
  for (const thread of (await client.threads.list()).threads)
    lines.push(`thread ${thread.threadId} ${thread.messageCount}`);
  return lines.sort();
}
