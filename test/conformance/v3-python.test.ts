/** Nylas's client for Python, which decodes more strictly than the one for Node, against a whole server. */
import { execFile, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestApp, testApp } from "../support/test-app.ts";

const hasClient = spawnSync("python3", ["-c", "import nylas"]).status === 0;

let app: TestApp;
let inbox: string;
beforeAll(async () => {
  app = await testApp({ ROOKERY_SERVICES: "http" });
  inbox = (await app.client().inboxes.create({ username: "scout" })).inboxId;
});
afterAll(async () => app.stop());

/** What a script of ./python prints. */
async function run(script: string): Promise<unknown> {
  const path = fileURLToPath(new URL(`python/${script}`, import.meta.url));
  const env = { ...process.env, ROOKERY_BASE_URL: app.baseUrl, ROOKERY_API_KEY: app.rootKey, INBOX: inbox };
  const { stdout } = await promisify(execFile)("python3", [path], { env });
  return JSON.parse(stdout);
}

describe.skipIf(!hasClient)("Python (skipped because its package nylas is not installed)", () => {
  test("reads application, redirect URIs, connectors, domains and what is refused", async () => {
    const hosted = "Hosted authentication is not available for provider nylas";
    expect(await run("v3_administration.py")).toEqual({
      application: [true, "production", "Python"],
      redirect_uris: [true, "web", true, true],
      connectors: [1, "nylas", ["a"], ["a"], []],
      domains: [true, "Fleet", true, true, true],
      detection: [
        [true, "nylas"],
        [false, null],
      ],
      calendars: [],
      refusals: {
        key: [401, "token.unauthorized_access", true],
        absent: [404, "api.not_found_error", true],
        used: [409, "api.conflict_error", true],
        calendar: [404, "not_found_error", true],
        event: [404, "not_found_error", true],
        unavailable: [400, "invalid_request_error", true],
        later: [501, "not_implemented_error", true],
        token: [400, "invalid_request", hosted],
        revoke: [400, "invalid_request", hosted],
      },
    });
  });
});
