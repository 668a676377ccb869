/** Where the webhooks of a bench arrive. */
import { openSockets } from "../test/support/sockets.ts";

export interface WebhookReceiver {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Answers each webhook with 204, but those to /dead, which it takes and never answers.
 * @param onWebhook is given the Message-ID of what an answered one is about, and when it began to arrive
 */
export async function openReceiver(
  onWebhook: (messageId: string, at: number) => void,
): Promise<WebhookReceiver> {
  const sockets = openSockets();
  const port = await sockets.http(async (request, response) => {
    const at = performance.now();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (request.url === "/dead") return;
    response.writeHead(204).end();
    const told: { message?: { message_id?: string } } = JSON.parse(Buffer.concat(chunks).toString());
    onWebhook(told.message?.message_id ?? "", at);
  });
  return { url: `http://127.0.0.1:${port}`, close: () => sockets.end() };
}
