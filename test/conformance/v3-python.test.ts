/** Nylas's client for Python, which decodes more strictly than the one for Node, against a whole server. */
import { execFile, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestApp, testApp } from "../support/test-app.ts";

const hasClient = spawnSync("python3", ["-c", "import nylas"]).status === 0;

let app: TestApp;
let inbox: string;
let podKey: string;
beforeAll(async () => {
  app = await testApp({ ROOKERY_SERVICES: "http" });
  inbox = (await app.client().inboxes.create({ username: "scout" })).inboxId;
  const pod = await app.client().pods.create({ name: "Empty" });
  podKey = (await app.client().pods.apiKeys.create(pod.podId, { name: "pod" })).apiKey;
});
afterAll(async () => app.stop());

/** What a script of ./python prints. */
async function run(script: string): Promise<unknown> {
  const path = fileURLToPath(new URL(`python/${script}`, import.meta.url));
  const env = {
    ...process.env,
    ...{ ROOKERY_BASE_URL: app.baseUrl, ROOKERY_API_KEY: app.rootKey, INBOX: inbox, POD_KEY: podKey },
    PYTHONDONTWRITEBYTECODE: "1",
  };
  const { stdout } = await promisify(execFile)("python3", [path], { env });
  return JSON.parse(stdout);
}

const gone = [404, "not_found_error"];
const invalid = [400, "invalid_request_error"];

const valueList = {
  made: ["domain", "Ours", 0],
  none: [[], null],
  added: 3,
  items: [
    ["a.example", true],
    ["b.example", true],
    ["xn--bcher-kva.example", true],
  ],
  left: 2,
  changed: ["M", "Ours"],
  found: true,
  named: true,
  deleted: [true, gone],
};

const refusedGuardrails = {
  key: [401, "unauthorized"],
  above: [403, "forbidden_access"],
  negative: invalid,
  nameless: invalid,
  field: invalid,
  list: invalid,
  type: invalid,
  value: invalid,
  items: invalid,
  token: invalid,
  narrow: [403, "insufficient_scopes"],
  other: gone,
  absent: [gone, gone, gone, gone],
};

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

  test("reads policies, rules, lists with their items, and evaluations, page by page and empty", async () => {
    const empty = [[], null, true];
    const walked = [[1, 1, 1], [2, 1], [3], [3]];
    expect(await run("v3_guardrails.py")).toEqual({
      empty: [empty, empty, empty, empty],
      policy: {
        made: [500, ["image/*"], ["Leads"], true, 0.5, []],
        changed: [5, 500, true, 2],
        found: true,
        ids: true,
        used: [409, "conflict"],
        deleted: [true, gone],
      },
      rule: {
        made: [1, "Of evil", "inbound", "all", "block"],
        plain: [10, null, true, "evil.example"],
        changed: [false, "First", "any", "from.address"],
        found: true,
        listed: ["Second", "First"],
        deleted: [[true, true], gone],
      },
      list: valueList,
      pages: {
        policies: walked,
        lists: walked,
        rules: walked,
        items: [
          [50, 50, 50, 50, 30],
          [200, 30],
          [200, 30],
        ],
      },
      evaluations: {
        sent: [false, true],
        stages: ["outbound_send", "outbound_send"],
        from: [inbox, "localhost"],
        blocked: [true, null, true],
        passed: [null, true, []],
        times: true,
        walked: [true, [1, 1]],
      },
      refusals: refusedGuardrails,
    });
  });

  test("reads accounts by every name and filter, workspaces, and what is assigned to them", async () => {
    const absent = [404, "api.not_found_error"];
    const wrong = [400, "api.invalid_request_error"];
    const narrow = [403, "insufficient_scopes"];
    const settings = { email: "python@rookery.localhost" };
    expect(await run("v3_accounts.py")).toEqual({
      account: {
        made: ["nylas", settings.email, "valid", [], settings, "order-42"],
        found: true,
        changed: [true, "order-42"],
        deleted: [true, absent],
      },
      lists: {
        limits: [1, 2, 6, 6],
        walked: true,
        oldest: true,
        email: true,
        valid: true,
        empty: [[], [], [], [], [], []],
      },
      workspace: {
        made: ["acme.example", true, false, null, []],
        plain: ["", false],
        found: true,
        attached: [true, false],
        detached: [null, []],
        listed: true,
        default: [true],
        deleted: [[true, true], absent],
      },
      assignment: {
        assigned: [true, [], ""],
        removed: [[], true],
        in: true,
        grouped: [true, true, [429, "api.rate_limit_error"]],
      },
      refusals: {
        key: [401, "token.unauthorized_access"],
        twice: [409, "api.conflict_error"],
        domain: absent,
        provider: wrong,
        password: wrong,
        limit: wrong,
        me: wrong,
        other: absent,
        absent: absent,
        renamed: wrong,
        narrow,
        default: wrong,
        unknown: wrong,
        nobody: wrong,
      },
    });
  });
});
