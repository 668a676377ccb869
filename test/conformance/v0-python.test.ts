/** AgentMail's newest client for Python, every method of it at every scope, against a whole server. */
import { execFile, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestApp, testApp } from "../support/test-app.ts";

const hasClient = spawnSync("python3", ["-c", "import agentmail.apps"]).status === 0;

let app: TestApp;
beforeAll(async () => {
  app = await testApp();
});
afterAll(async () => app.stop());

interface Ledger {
  readonly methods: number;
  readonly uncalled: readonly string[];
  readonly worked: number;
  readonly refused: Readonly<Record<string, readonly unknown[]>>;
}

async function ledger(): Promise<Ledger> {
  const path = fileURLToPath(new URL("python/v0_every_method.py", import.meta.url));
  const env = {
    ...process.env,
    ROOKERY_BASE_URL: app.baseUrl,
    ROOKERY_API_KEY: app.rootKey,
    SMTP_PORT: String(app.smtpPort),
    PYTHONDONTWRITEBYTECODE: "1",
  };
  const { stdout } = await promisify(execFile)("python3", [path], { env });
  // Cast: what the script prints.
  return JSON.parse(stdout) as Ledger;
}

describe.skipIf(!hasClient)("Python (skipped because its package agentmail 2.0.18 is not installed)", () => {
  test("has no method that is not answered as it expects, or as documented where the vendor alone can do it", async () => {
    const { methods, uncalled, worked, refused } = await ledger();
    expect(uncalled).toEqual([]);
    expect(refused).toEqual({});
    expect(worked + Object.keys(refused).length).toBe(methods);
  });
});
