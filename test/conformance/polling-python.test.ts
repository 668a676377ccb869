/** AgentMail's newest client for Python with Svix's consumer, and the texts of attachments that only it knows, against a whole server. */
import { execFile, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestApp, testApp } from "../support/test-app.ts";

const hasClients = spawnSync("python3", ["-c", "import agentmail.apps, svix.autoconfig"]).status === 0;

let app: TestApp;
beforeAll(async () => {
  app = await testApp();
});
afterAll(() => app.stop());

describe.skipIf(!hasClients)(
  "Python (skipped because its packages agentmail 2.0.18 and svix 2.9.1 are not installed)",
  () => {
    test("creates polling webhooks at each scope, receives, commits, and receives again what was not; and reads a file's text", async () => {
      const path = fileURLToPath(new URL("python/v0_polling.py", import.meta.url));
      const env = {
        ...process.env,
        ROOKERY_BASE_URL: app.baseUrl,
        ROOKERY_API_KEY: app.rootKey,
        PYTHONDONTWRITEBYTECODE: "1",
      };
      const { stdout } = await promisify(execFile)("python3", [path], { env });
      const received = [["first", "second"], ["second"]];
      expect(JSON.parse(stdout)).toEqual({
        polled: { organization: received, pod: received, inbox: received },
        text: [expect.stringContaining("text/plain"), "a,b\n1,2\n"],
      });
    });
  },
);
