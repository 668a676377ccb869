/** One request as written: no path is normalised, no header added, no body re-encoded. */
import { Agent, request } from "node:http";
import type { TestApp } from "../support/test-app.ts";

export interface RawAnswer {
  readonly status: number;
  readonly text: string;
  /** The JSON object answered with; empty for anything else. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface RawRequest {
  readonly method: string;
  /** As it goes on the wire. */
  readonly path: string;
  /** Text and bytes go as they are, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** The root key when absent; null for none. */
  readonly key?: string | null;
}

/** Requests at once: enough to keep the server busy, few enough that none waits for a database connection. */
const AT_ONCE = 8;

const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });

function bytesOf(body: unknown): string | Buffer | undefined {
  if (body === undefined || typeof body === "string" || Buffer.isBuffer(body)) return body;
  return JSON.stringify(body);
}

/** The object of an answer; of one in lines, the first. */
function objectOf(text: string): Readonly<Record<string, unknown>> {
  if (!text.startsWith("{")) return {};
  const isLines = /\}\n\{/.test(text);
  return JSON.parse(isLines ? text.slice(0, text.indexOf("\n")) : text) as Record<string, unknown>;
}

export function send(
  app: TestApp,
  { method, path, body, headers = {}, key }: RawRequest,
): Promise<RawAnswer> {
  const bytes = bytesOf(body);
  const bearer = key === null ? {} : { authorization: `Bearer ${key ?? app.rootKey}` };
  const length = bytes === undefined ? {} : { "content-length": String(Buffer.byteLength(bytes)) };
  const { hostname, port } = new URL(app.baseUrl);
  return new Promise((resolve, reject) => {
    const sent = request(
      { agent, hostname, port, method, path, headers: { ...bearer, ...length, ...headers } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          resolve({ status: response.statusCode ?? 0, text, body: objectOf(text) });
        });
      },
    );
    sent.on("error", reject);
    sent.end(bytes);
  });
}

/** Sends all of them, a few at a time, and says of each what `judge` finds wrong with its answer. */
export async function judgeAll<Case extends { readonly name: string; readonly request: RawRequest }>(
  app: TestApp,
  cases: readonly Case[],
  judge: (answer: RawAnswer, of: Case) => string | null,
): Promise<string[]> {
  const wrong: string[] = [];
  const queue = cases.values();
  const work = async (): Promise<void> => {
    for (const one of queue) {
      const answer = await send(app, one.request).catch((error: Error) => error);
      const says = answer instanceof Error ? `no answer: ${answer.message}` : judge(answer, one);
      const gave = answer instanceof Error ? "" : `: ${answer.status} ${answer.text.slice(0, 300)}`;
      if (says !== null) wrong.push(`${one.name} ${says}${gave}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return wrong.toSorted();
}
