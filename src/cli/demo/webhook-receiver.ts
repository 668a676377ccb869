/** The tenants' server of the demo: receives webhooks and verifies each signature with the official svix package. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "svix";

export interface Delivery {
  readonly eventType: string;
  readonly inboxId: string;
  readonly messageId: string;
}

export interface WebhookReceiver {
  urlFor(tenant: string): string;
  /** The secret that a tenant's endpoint signs with. */
  trust(tenant: string, secret: string): void;
  /** Waits for a verified delivery that fits; rejects after `timeoutMs`, naming deliveries that failed to verify. */
  wait(tenant: string, fits: (delivery: Delivery) => boolean, timeoutMs: number): Promise<Delivery>;
  /** Verified deliveries received. */
  count(tenant: string): number;
  stop(): Promise<void>;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString("utf8");
}

interface Payload {
  readonly event_type: string;
  readonly message?: { readonly inbox_id: string; readonly message_id: string };
  readonly send?: { readonly inbox_id: string; readonly message_id: string };
}

function deliveryOf(payload: Payload): Delivery {
  const about = payload.message ?? payload.send;
  return {
    eventType: payload.event_type,
    inboxId: about?.inbox_id ?? "",
    messageId: about?.message_id ?? "",
  };
}

const POLL_MS = 10;

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const secrets = new Map<string, string>();
  const taken = new Map<string, Delivery[]>();
  const refused: string[] = [];
  const server = createServer((request, response) => {
    const tenant = (request.url ?? "/").slice(1);
    void bodyOf(request).then((body) => {
      try {
        // Cast: only set-cookie, which is not sent here, may be a list.
        new Webhook(secrets.get(tenant) ?? "").verify(body, request.headers as Record<string, string>);
        // Cast: the signature says that this is Rookery's own.
        const payload = JSON.parse(body) as Payload;
        taken.set(tenant, [...(taken.get(tenant) ?? []), deliveryOf(payload)]);
        response.writeHead(204).end();
      } catch (error) {
        refused.push(`${tenant}: ${error instanceof Error ? error.message : String(error)}`);
        response.writeHead(400).end();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A listening TCP server has an address with a port.
  const { port } = server.address() as AddressInfo;
  return {
    urlFor: (tenant) => `http://127.0.0.1:${port}/${tenant}`,
    trust: (tenant, secret) => void secrets.set(tenant, secret),
    count: (tenant) => taken.get(tenant)?.length ?? 0,
    async wait(tenant, fits, timeoutMs) {
      for (let waited = 0; waited < timeoutMs; waited += POLL_MS) {
        const found = taken.get(tenant)?.find(fits);
        if (found !== undefined) return found;
        await new Promise((wake) => setTimeout(wake, POLL_MS));
      }
      throw new Error(
        `no verified webhook for ${tenant} within ${timeoutMs} ms${refused.length > 0 ? `; refused: ${refused.join("; ")}` : ""}`,
      );
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
