/** A whole Rookery on a database of its own and free ports. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentMailClient } from "agentmail";
import { type Surroundings, startApp } from "../../src/app.ts";
import { loadConfig } from "../../src/config.ts";
import { createLog } from "../../src/lib/log.ts";
import { createDatabase } from "./database.ts";
import { httpRequest } from "./http-request.ts";
import { type Nylas, nylasClient } from "./nylas.ts";
import { undeclared } from "./undeclared.ts";

export interface TestApp {
  readonly baseUrl: string;
  readonly smtpPort: number;
  readonly submissionPort: number;
  readonly rootKey: string;
  readonly databaseUrl: string;
  /** The official client with a key; the root key when none is given. No retries, so that every answer is seen. */
  client(apiKey?: string): AgentMailClient;
  /** The same of Nylas. */
  nylas(apiKey?: string): Nylas;
  /** One raw request; the body is sent as it is when it is text. */
  request(
    method: string,
    path: string,
    options?: { key?: string | null; body?: unknown; headers?: Record<string, string> },
  ): Promise<{ status: number; body: Record<string, unknown>; text: string }>;
  stop(): Promise<void>;
}

/**
 * @param settings with DATABASE_URL, the caller's own database instead of a new one
 * @param dialects what the HTTP API speaks, instead of what an installation does
 */
export async function testApp(
  settings: Readonly<Record<string, string>> = {},
  dialects?: Surroundings["dialects"],
): Promise<TestApp> {
  const given = settings["DATABASE_URL"];
  const database = given === undefined ? await createDatabase() : { url: given, drop: async () => undefined };
  const directory = await mkdtemp(join(tmpdir(), "rookery-app-"));
  const config = loadConfig(
    {
      ROOKERY_DATA_DIR: directory,
      DATABASE_URL: database.url,
      ROOKERY_HTTP_PORT: "0",
      ROOKERY_SMTP_PORT: "0",
      ROOKERY_SUBMISSION_PORT: "0",
      ROOKERY_ALLOW_PRIVATE_TARGETS: "1",
      ROOKERY_LOG_LEVEL: "error",
      ...settings,
    },
    directory,
  );
  const running = await startApp(config, {
    log: createLog(config.logLevel),
    onUndeclared: undeclared,
    ...(dialects !== undefined && { dialects }),
  });
  const { rootKey } = running;
  if (rootKey === null) throw new Error("a new database has a root key that its first start knows");
  const baseUrl = `http://${config.host}:${running.httpPort}`;
  return {
    baseUrl,
    smtpPort: running.smtpPort ?? 0,
    submissionPort: running.submissionPort ?? 0,
    rootKey,
    databaseUrl: database.url,
    client: (apiKey = rootKey) => new AgentMailClient({ baseUrl, apiKey, maxRetries: 0 }),
    nylas: (apiKey = rootKey) => nylasClient(baseUrl, apiKey),
    async request(method, path, { key = rootKey, body, headers = {} } = {}) {
      const answer = await httpRequest(`${baseUrl}${path}`, {
        method,
        headers: { ...(key !== null && { authorization: `Bearer ${key}` }), ...headers },
        ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      return {
        status: answer.status,
        text: answer.text,
        // Lines of JSON are for who asked for them.
        body: answer.contentType.startsWith("application/json")
          ? (JSON.parse(answer.text) as Record<string, unknown>)
          : {},
      };
    },
    async stop() {
      await running.stop();
      await database.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
