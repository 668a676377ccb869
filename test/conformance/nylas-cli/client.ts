/** HTTP as Nylas's command line (Go, 3.1) speaks it: its headers and no others, sorted queries, gzip. */
import { request } from "node:http";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { expect } from "vitest";
import { z } from "zod";

export interface CliAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: unknown;
}

export interface CliRequest {
  /** Sorted by key as Go's url.Values does. */
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: unknown;
}

export interface NylasCli {
  /** One request, whatever is answered. The answer always is JSON with the same id in body and header. */
  ask(method: string, path: string, options?: CliRequest): Promise<CliAnswer>;
  /** One request that the command must see succeed, decoded as the command decodes it. */
  need<Data extends z.ZodType>(
    data: Data,
    method: string,
    path: string,
    options?: CliRequest,
  ): Promise<z.infer<Data>>;
  /** DELETE of one thing, of which the command reads the status alone. */
  remove(path: string): Promise<void>;
  /** Status, type and message of what must be refused. */
  refused(
    method: string,
    path: string,
    options?: CliRequest,
  ): Promise<{ status: number; type: string; message: string }>;
}

/** Statuses that the command takes for success; 202 is an error to it. */
const successes: Readonly<Record<string, readonly number[]>> = { GET: [200], DELETE: [200, 204] };

/** Bytes of an error that the command reads. */
const MAX_ERROR_BYTES = 10 * 1024;

const refusalBody = z.object({
  request_id: z.string(),
  error: z.object({ type: z.string().min(1), message: z.string().min(1) }),
});

/** A path of segments, each encoded as Go does it: `@` stays. */
export const pathOf = (...segments: readonly string[]): string =>
  `/v3/${segments.map((segment) => encodeURIComponent(segment).replaceAll("%40", "@")).join("/")}`;

const queryOf = (query: CliRequest["query"] = {}): string => {
  const fields = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) fields.append(name, String(value));
  fields.sort();
  const text = fields.toString();
  return text === "" ? "" : `?${text}`;
};

/** @param apiKey null for `doctor`, which sends none */
export function nylasCli(baseUrl: string, apiKey: string | null): NylasCli {
  async function ask(method: string, path: string, { query, body }: CliRequest = {}): Promise<CliAnswer> {
    const json = body === undefined ? null : JSON.stringify(body);
    const sent = request(`${baseUrl}${path}${queryOf(query)}`, {
      method,
      headers: {
        "User-Agent": "nylas-cli/3.1.28 (linux/amd64)",
        ...(json !== null && { "Content-Length": Buffer.byteLength(json) }),
        ...(json === null && method !== "GET" && method !== "DELETE" && { "Content-Length": 0 }),
        ...(apiKey !== null && { Authorization: `Bearer ${apiKey}` }),
        ...(json !== null && { "Content-Type": "application/json" }),
        "Accept-Encoding": "gzip",
      },
    });
    const { promise, resolve, reject } = Promise.withResolvers<CliAnswer>();
    sent.on("error", reject).on("response", (response) => {
      const { statusCode: status = 0, headers } = response;
      buffer(response)
        .then((bytes) => {
          const text = String(headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes);
          expect(headers["content-type"], path).toMatch(/^application\/json/);
          if (status >= 400) expect(text.length).toBeLessThan(MAX_ERROR_BYTES);
          const parsed: unknown = JSON.parse(text);
          expect(parsed, path).toMatchObject({ request_id: headers["x-request-id"] });
          resolve({ status, retryAfter: headers["retry-after"], body: parsed });
        })
        .catch(reject);
    });
    sent.end(json ?? undefined);
    return promise;
  }
  const accepted = async (method: string, path: string, options?: CliRequest): Promise<unknown> => {
    const { status, body } = await ask(method, path, options);
    expect(successes[method] ?? [200, 201], `${method} ${path}: ${JSON.stringify(body)}`).toContain(status);
    return body;
  };
  return {
    ask,
    need: async (data, method, path, options) => data.parse(await accepted(method, path, options)),
    remove: async (path) => {
      await accepted("DELETE", path);
    },
    refused: async (method, path, options) => {
      const { status, body } = await ask(method, path, options);
      expect(status, JSON.stringify(body)).toBeGreaterThanOrEqual(400);
      return { status, ...refusalBody.parse(body).error };
    },
  };
}
