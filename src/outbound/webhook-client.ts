/**
 * POSTs to URLs that tenants chose. The name is resolved once, every address checked, and the connection made to the
 * very address that was checked, so that a name that answers differently the second time gains nothing.
 */
import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { isIP } from "node:net";
import { isPublicAddress } from "../protocols/address/ip-range.ts";

export interface WebhookRequest {
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

export type FailureReason = "refused_target" | "timeout" | "dns" | "connection" | "tls";

export interface WebhookClient {
  /** Never rejects: whatever happens is an outcome. Redirects are not followed. */
  post(request: WebhookRequest): Promise<WebhookOutcome>;
  close(): void;
}

export interface WebhookClientParts {
  readonly allowPrivate: boolean;
  /** Addresses of a host name. */
  readonly resolve: (host: string) => Promise<string[]>;
  readonly userAgent: string;
  /** Milliseconds that never go back. */
  readonly now: () => number;
}

/** Sockets kept open for endpoints that are told often. */
const KEPT_SOCKETS = 64;

class Refused extends Error {
  readonly reason: FailureReason;
  constructor(reason: FailureReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

async function chooseAddress(parts: WebhookClientParts, host: string): Promise<string> {
  const literal = host.replace(/^\[|\]$/g, "");
  const addresses = isIP(literal) !== 0 ? [literal] : await parts.resolve(host).catch(() => []);
  const [first] = addresses;
  if (first === undefined) throw new Refused("dns", `${host} has no address`);
  if (!parts.allowPrivate && !addresses.every(isPublicAddress))
    throw new Refused("refused_target", `${host} is at a private or reserved address`);
  return first;
}

export function createWebhookClient(parts: WebhookClientParts): WebhookClient {
  const agents = {
    http: new HttpAgent({ keepAlive: true, maxFreeSockets: KEPT_SOCKETS }),
    https: new HttpsAgent({ keepAlive: true, maxFreeSockets: KEPT_SOCKETS }),
  };
  return {
    async post(request) {
      const began = parts.now();
      const elapsed = (): number => Math.round(parts.now() - began);
      const deadline = AbortSignal.timeout(request.timeoutMs);
      try {
        const response = await Promise.race([send(parts, agents, request, deadline), expiry(deadline)]);
        return { ...response, durationMs: elapsed() };
      } catch (error) {
        return { kind: "failure", ...reasonOf(error, deadline), durationMs: elapsed() };
      }
    },
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

function expiry(deadline: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) =>
    deadline.addEventListener("abort", () => reject(new Refused("timeout", "no answer in time")), {
      once: true,
    }),
  );
}

function reasonOf(error: unknown, deadline: AbortSignal): { reason: FailureReason; message: string } {
  if (deadline.aborted) return { reason: "timeout", message: "no answer in time" };
  if (error instanceof Refused) return { reason: error.reason, message: error.message };
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const message = error instanceof Error ? error.message : String(error);
  return { reason: /CERT|TLS|SSL|SELF_SIGNED/.test(code) ? "tls" : "connection", message };
}

type Response = Omit<Extract<WebhookOutcome, { kind: "response" }>, "durationMs">;

async function send(
  parts: WebhookClientParts,
  agents: { readonly http: HttpAgent; readonly https: HttpsAgent },
  request: WebhookRequest,
  deadline: AbortSignal,
): Promise<Response> {
  const url = new URL(request.url);
  const secure = url.protocol === "https:";
  const address = await chooseAddress(parts, url.hostname);
  const options: RequestOptions = {
    method: "POST",
    // By address: a kept socket is only used again for the address that this request was checked for.
    host: address,
    port: url.port === "" ? (secure ? 443 : 80) : url.port,
    path: `${url.pathname}${url.search}`,
    agent: secure ? agents.https : agents.http,
    signal: deadline,
    headers: {
      ...request.headers,
      host: url.host,
      "content-type": "application/json",
      "content-length": Buffer.byteLength(request.body),
      "user-agent": parts.userAgent,
    },
  };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = secure
      ? httpsRequest({ ...options, servername: isIP(url.hostname) === 0 ? url.hostname : "" }, resolve)
      : httpRequest(options, resolve);
    sent.once("error", reject);
    // As bytes: a text is written in one piece with the headers, which then leave in the text's encoding.
    sent.end(Buffer.from(request.body));
  });
  const body = await readStart(answer, request.responseLimitBytes);
  return {
    kind: "response",
    status: answer.statusCode ?? 0,
    body,
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
