/** One mail in, one reply out, and what each key must be refused. */
import { type AgentMail, AgentMailClient, AgentMailError } from "agentmail";
import { sendCustomerMail } from "./mailbox.ts";
import type { Onboarded, OnStep, Tenant } from "./onboard.ts";
import type { WebhookReceiver } from "./webhook-receiver.ts";

export interface Stage {
  readonly baseUrl: string;
  readonly smtp: { readonly host: string; readonly port: number };
  readonly organization: AgentMailClient;
  readonly webhooks: WebhookReceiver;
}

/** Timeout for mail and webhooks, far beyond what they take. */
const TIMEOUT_MS = 15_000;
const POLL_MS = 10;

export async function exchange(
  stage: Stage,
  tenant: Tenant,
  given: Onboarded,
  onStep: OnStep,
): Promise<void> {
  onStep("mail in");
  const subject = `Invoice for ${tenant.slug}`;
  const messageId = await sendCustomerMail({
    ...stage.smtp,
    from: given.customerInboxId,
    to: given.inboxId,
    subject,
  });
  onStep("webhook out");
  await stage.webhooks.wait(
    tenant.slug,
    (delivery) => delivery.eventType === "message.received" && delivery.messageId === messageId,
    TIMEOUT_MS,
  );
  onStep("agent reply");
  const agent = new AgentMailClient({ baseUrl: stage.baseUrl, apiKey: secretOf(given.inboxKey) });
  const replyId = await answerThread(agent, given.inboxId, messageId);
  onStep("reply arrives");
  await waitForReply(stage.organization, given.customerInboxId, messageId, replyId);
  await stage.webhooks.wait(
    tenant.slug,
    (delivery) => delivery.eventType === "message.sent" && delivery.messageId === replyId,
    TIMEOUT_MS,
  );
}

function secretOf(key: Onboarded["podKey"]): string {
  if (key.secret === null)
    throw new Error("the key was made by an earlier run, its secret is not known here");
  return key.secret;
}

/** With the inbox key alone: finds the mail's thread, reads text and attachment, replies. @returns the reply's Message-ID */
async function answerThread(agent: AgentMailClient, inboxId: string, messageId: string): Promise<string> {
  const { threads } = await agent.inboxes.threads.list(inboxId);
  const item = threads.find((thread) => thread.lastMessageId === messageId);
  if (item === undefined) throw new Error(`no thread with ${messageId} among ${threads.length}`);
  const thread = await agent.inboxes.threads.get(inboxId, item.threadId);
  const message = thread.messages.find((candidate) => candidate.messageId === messageId);
  if (message?.text?.includes("does not add up") !== true) throw new Error("the mail's text did not arrive");
  await checkAttachment(agent, inboxId, message);
  const reply = await agent.inboxes.messages.reply(inboxId, messageId, {
    text: "Thank you, we are looking into it.",
  });
  if (reply.threadId !== item.threadId) throw new Error("the reply left its thread");
  return reply.messageId;
}

async function checkAttachment(
  agent: AgentMailClient,
  inboxId: string,
  message: AgentMail.Message,
): Promise<void> {
  const [attachment] = message.attachments ?? [];
  if (attachment?.filename !== "invoice.csv") throw new Error("the attachment did not arrive");
  const { downloadUrl } = await agent.inboxes.messages.getAttachment(
    inboxId,
    message.messageId,
    attachment.attachmentId,
  );
  const bytes = await (await fetch(downloadUrl)).text();
  if (!bytes.includes("rookery,42")) throw new Error("the attachment's bytes differ");
}

/** The customer's inbox holds its own copy of the first mail, so the reply has to join that thread. */
async function waitForReply(
  client: AgentMailClient,
  inboxId: string,
  firstId: string,
  replyId: string,
): Promise<void> {
  for (let waited = 0; waited < TIMEOUT_MS; waited += POLL_MS) {
    const { threads } = await client.inboxes.threads.list(inboxId);
    const item = threads.find((thread) => thread.lastMessageId === replyId);
    if (item !== undefined) {
      const thread = await client.inboxes.threads.get(inboxId, item.threadId);
      if (!thread.messages.some((message) => message.messageId === firstId))
        throw new Error("the reply arrived in a thread of its own");
      return;
    }
    await new Promise((wake) => setTimeout(wake, POLL_MS));
  }
  throw new Error(`the reply ${replyId} did not reach ${inboxId} within ${TIMEOUT_MS} ms`);
}

/** Tries each key on what it must not reach; `other` is another tenant, null when there is none. @throws when a request succeeds, or is refused with another status */
export async function checkRefusals(
  stage: Stage,
  own: Onboarded,
  other: Onboarded | null,
  onStep: OnStep,
): Promise<void> {
  onStep("refusals");
  const pod = new AgentMailClient({ baseUrl: stage.baseUrl, apiKey: secretOf(own.podKey) });
  const inbox = new AgentMailClient({ baseUrl: stage.baseUrl, apiKey: secretOf(own.inboxKey) });
  await refused("pod key, organization", 403, () => pod.organizations.get());
  await refused("inbox key, own pod", 403, () => inbox.pods.get(own.podId));
  await refused("inbox key, new inbox", 403, () => inbox.inboxes.create({}));
  if (other === null) return;
  await refused("pod key, other pod", 404, () => pod.pods.get(other.podId));
  await refused("pod key, other inbox", 404, () => pod.inboxes.get(other.inboxId));
  await refused("pod key, other pod's threads", 404, () => pod.pods.threads.list(other.podId));
  await refused("inbox key, other inbox", 404, () => inbox.inboxes.messages.list(other.inboxId));
}

async function refused(what: string, status: number, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (error instanceof AgentMailError && error.statusCode === status) return;
    throw new Error(
      `${what}: expected ${status}, got ${error instanceof AgentMailError ? error.statusCode : String(error)}`,
      { cause: error },
    );
  }
  throw new Error(`${what}: was let through`);
}
