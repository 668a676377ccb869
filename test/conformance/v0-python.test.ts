/** AgentMail's newest client for Python, every method of it at every scope, against a whole server. */
import { execFile, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestApp, testApp } from "../support/test-app.ts";

const hasClient = spawnSync("python3", ["-c", "import agentmail.apps"]).status === 0;

let app: TestApp;
beforeAll(async () => {
  app = await testApp({ ROOKERY_SIGN_UP: "1" });
});
afterAll(async () => app.stop());

const ofCalendar = (name: string): string => `inboxes.calendar.${name}`;

const answered = (outcome: readonly [number, string], ...names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, [outcome]]));

/** What is refused, each once: docs/compatibility.md says why. */
const documented = {
  ...answered([404, "not_found"], "accounts.get", "pods.accounts.get", "inboxes.accounts.get"),
  ...answered([404, "not_found"], "accounts.update", "apps.get"),
  ...answered([403, "missing_permission"], "apps.connect", "inboxes.authorize"),
  ...answered([403, "missing_permission"], "inboxes.messages.release_agent_armor_message"),
  ...answered([409, "conflict"], "inboxes.messages.create_agent_armor_feedback"),
  ...answered([403, "forbidden"], "organizations.join_labs"),
  ...answered(
    [403, "forbidden"],
    ...["get", "update", "list_events", "get_agenda", "create_event", "get_event"].map(ofCalendar),
    ...["update_event", "delete_event", "list_event_instances", "respond_to_event"].map(ofCalendar),
  ),
  // A code that is none.
  ...answered([400, "validation_error"], "agent.verify"),
};

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
    expect(refused).toEqual(documented);
    expect(worked + Object.keys(refused).length).toBe(methods);
  });
});
