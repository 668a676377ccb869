/** POSTs events to the endpoints that tenants chose. Who may be called, and how, is `guarded-request.ts`'s. */
import type { IncomingMessage } from "node:http";
import {
  createGuardedClient,
  type FailureReason,
  failureOf,
  type GuardedClient,
  type GuardParts,
  within,
} from "./guarded-request.ts";

export interface WebhookRequest {
  /** Whose event it is: id of the pod. */
  readonly tenant: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For everything together: name, connection, answer. */
  readonly timeoutMs: number;
  /** Of the answer's body, kept for people to read. */
  readonly responseLimitBytes: number;
}

export type WebhookOutcome =
  | {
      readonly kind: "response";
      readonly status: number;
      readonly body: string;
      readonly abort: boolean;
      readonly durationMs: number;
    }
  | {
      readonly kind: "failure";
      readonly reason: FailureReason;
      readonly message: string;
      readonly durationMs: number;
    };

export interface WebhookClient {
  /** Never rejects: every failure is an outcome. Redirects are not followed. */
  post(request: WebhookRequest): Promise<WebhookOutcome>;
  close(): void;
}

export interface WebhookClientParts extends GuardParts {
  readonly userAgent: string;
  /** Milliseconds that never go back. */
  readonly now: () => number;
}

/** Idle sockets kept open for endpoints with frequent deliveries. */
const KEPT_SOCKETS = 64;

export function createWebhookClient(parts: WebhookClientParts): WebhookClient {
  const client = createGuardedClient(parts, KEPT_SOCKETS);
  return {
    async post(request) {
      const began = parts.now();
      const elapsed = (): number => Math.round(parts.now() - began);
      try {
        const response = await within(request.timeoutMs, (deadline) =>
          exchange(client, parts.userAgent, request, deadline),
        );
        return { ...response, durationMs: elapsed() };
      } catch (error) {
        const { reason, message } = failureOf(error);
        return { kind: "failure", reason, message, durationMs: elapsed() };
      }
    },
    close: () => client.close(),
  };
}

type Response = Omit<Extract<WebhookOutcome, { kind: "response" }>, "durationMs">;

async function exchange(
  client: GuardedClient,
  userAgent: string,
  { tenant, url, headers, body, responseLimitBytes }: WebhookRequest,
  deadline: AbortSignal,
): Promise<Response> {
  const answer = await client.request(
    {
      tenant,
      method: "POST",
      url,
      headers: { ...headers, "content-type": "application/json", "user-agent": userAgent },
      body: Buffer.from(body),
    },
    deadline,
  );
  return {
    kind: "response",
    body: await readStart(answer, responseLimitBytes),
    status: answer.statusCode ?? 0,
    abort: answer.headers["webhook-delivery"] === "abort-message",
  };
}

/** The start of the answer; the rest is not waited for. */
async function readStart(answer: IncomingMessage, limitBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer) {
    chunks.push(Buffer.from(chunk));
    size += chunks.at(-1)?.byteLength ?? 0;
    if (size >= limitBytes) {
      answer.destroy();
      break;
    }
  }
  return Buffer.concat(chunks).subarray(0, limitBytes).toString("utf8").toWellFormed();
}
