/** What `rookery agent` and `rookery workspace` print and end with. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  address,
  atText,
  bare,
  grant,
  id,
  type Options,
  ours,
  policy,
  type Ran,
  rule,
  rookery as runOn,
  server,
} from "./fleet-samples.ts";
import { answerOf, refused } from "./recorded-api.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rookery-agent-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const rookery = (line: string, options?: Partial<Options>): Promise<Ran> => runOn(folder, line, options);

describe("--json prints these fields in this order, times as in RFC 3339:", () => {
  const grantJson = {
    id: id(1),
    provider: "nylas",
    email: grant.email,
    name: "Acme <support>",
    grant_status: "valid",
    workspace_id: id(90),
    settings: { policy_id: id(50) },
    created_at: atText,
    updated_at: atText,
  };
  const bareJson = {
    id: id(2),
    provider: "nylas",
    email: bare.email,
    grant_status: "invalid",
    workspace_id: id(90),
    settings: {},
    created_at: atText,
    updated_at: atText,
    blocked: true,
    faults: [{ code: "paused", message: "The account is paused", since: atText }],
  };
  const workspaceJson = {
    workspace_id: id(90),
    application_id: id(99),
    name: "Default",
    default: true,
    policy_id: id(50),
    rule_ids: [id(59)],
    created_at: atText,
    updated_at: atText,
  };
  const policyJson = {
    id: id(50),
    name: "Baseline",
    ...ours,
    rules: [],
    limits: policy.limits,
    spam_detection: policy.spam_detection,
    created_at: atText,
    updated_at: atText,
  };
  const ruleJson = {
    id: id(60),
    name: "No spam",
    priority: 10,
    enabled: true,
    trigger: "inbound",
    match: rule.match,
    actions: rule.actions,
    ...ours,
    created_at: atText,
    updated_at: atText,
  };
  const listJson = {
    id: id(70),
    name: "Blocked",
    type: "domain",
    items_count: 2,
    ...ours,
    created_at: atText,
    updated_at: atText,
  };

  test.each<[string, unknown]>([
    // Newest first, and asked for oldest first: what is made meanwhile then moves no page.
    ["agent account list", [bareJson, grantJson]],
    [`agent account get ${grant.email}`, grantJson],
    [`agent account create ${grant.email}`, grantJson],
    [`agent account pause ${grant.email}`, grantJson],
    [
      `agent account move ${grant.email} --workspace ${id(90)}`,
      {
        application_id: id(99),
        workspace_id: id(90),
        domain: "",
        grants_assigned: [id(1)],
        grants_removed: [],
      },
    ],
    [`agent account delete ${grant.email} --yes`, { deleted: grant.email }],
    ["agent policy list", [policyJson]],
    [`agent policy read ${id(50)}`, policyJson],
    ["agent rule list", [ruleJson]],
    [`agent rule read ${id(60)}`, ruleJson],
    ["agent lists list", [listJson]],
    [`agent list get ${id(70)}`, { items: ["a.example", "b.example"], list: listJson }],
    [`agent list items ${id(70)}`, ["a.example", "b.example"]],
    ["workspaces list", [workspaceJson]],
    [`ws get ${id(90)}`, workspaceJson],
    ["agent status", { connector_configured: true, account_count: 2, accounts: [bareJson, grantJson] }],
  ])("%s", async (line, expected) => {
    const { code, stdout, stderr } = await rookery(`${line} --json`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe(`${JSON.stringify(expected, null, 2)}\n`);
  });

  test("--format json means the same", async () => {
    expect((await rookery("agent account list --format json")).stdout).toMatch(/^\[\n {2}\{\n/);
    expect((await rookery("agent account list --format yaml")).code).toBe(2);
  });

  test("lists that are empty are [], and a status without accounts names none", async () => {
    const none = {
      ...server(),
      "GET /v3/grants": () => answerOf([]),
      "GET /v3/policies": () => answerOf([]),
      "GET /v3/rules": () => answerOf({ items: [] }),
      "GET /v3/lists": () => answerOf([]),
      "GET /v3/workspaces": () => answerOf([]),
    };
    for (const line of [
      "agent account list",
      "agent policy list",
      "agent rule list",
      "agent list list",
      "ws list",
    ])
      expect((await rookery(`${line} --json`, { answers: none })).stdout).toBe("[]\n");
    const { stdout } = await rookery("agent status --json", { answers: none });
    expect(JSON.parse(stdout)).toEqual({ connector_configured: true, account_count: 0 });
  });
});

test("account get says why an account is not active", async () => {
  const answers = { ...server(), [`GET /v3/grants/${address}`]: () => answerOf(bare) };
  const { stdout } = await rookery(`agent account get ${grant.email}`, { answers });
  expect(stdout).toContain(
    "Status:       invalid\nBecause:      The account is paused (since 2026-11-26 10:18 UTC)\n",
  );
});

describe("--quiet prints ids alone", () => {
  test.each([
    [`agent account get ${grant.email}`, `${id(1)}\n`],
    [`agent account create ${grant.email}`, `${id(1)}\n`],
    ["agent account list", `${id(2)}\n${id(1)}\n`],
    [`agent account delete ${grant.email} -y`, ""],
    ["agent policy create --name x", `${id(50)}\n`],
    ["workspace list", `${id(90)}\n`],
  ])("%s", async (line, expected) => {
    expect(await rookery(`${line} --quiet`)).toMatchObject({ code: 0, stdout: expected, stderr: "" });
    expect(await rookery(`${line} -q`)).toMatchObject({ code: 0, stdout: expected, stderr: "" });
  });
});

describe("what the exit code says", () => {
  const absent = `error: There is no agent account nobody@x.example that this key may see. \`rookery agent account list\` lists them.\n`;

  test.each(["get nobody@x.example --quiet", "delete nobody@x.example --yes", "pause nobody@x.example"])(
    "account %s: 1 for an account that is not there, with nothing on standard output",
    async (line) => {
      const { code, stdout, stderr } = await rookery(`agent account ${line}`);
      expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: "", stderr: absent });
    },
  );

  test("create of an address that exists: 1, with the server's sentence", async () => {
    const conflict = () => refused(409, "api.conflict_error", "An account with this email already exists.");
    const { code, stdout, stderr } = await rookery("agent account create a@b.example", {
      answers: { "POST /v3/connect/custom": conflict },
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toBe(
      "error: An account with this email already exists (HTTP 409, api.conflict_error, request r-1).\n",
    );
  });

  test.each([
    "agent pause",
    "agent account delete a@b.example",
    `agent policy delete ${id(50)}`,
    `agent rule delete ${id(60)}`,
    `agent list delete ${id(70)}`,
    `workspace delete ${id(90)}`,
  ])("%s without --yes, where nobody can be asked: 2, and no request", async (line) => {
    const { code, stdout, stderr, asked } = await rookery(line);
    expect({ code, stdout, asked }).toEqual({ code: 2, stdout: "", asked: [] });
    expect(stderr).toMatch(/^error: This requires confirmation: give --yes/);
  });

  test.each([
    ["agent account get", "An account is missing"],
    ["agent account update a@b.example", "Nothing to change"],
    ["agent account move a@b.example", "required option '--workspace <workspace>'"],
    ["agent account list --jsn", "unknown option '--jsn'"],
    ["agent accunt list", "unknown command 'accunt'"],
    ["agent policy create", "A policy needs a name"],
    ["agent policy create --data [1]", "--data is no JSON object"],
    ["agent policy create --data {", "--data is no JSON"],
    ["agent policy create --data {} --data-file x", "exclude each other"],
    ["agent policy create --data-file none.json", "--data-file none.json cannot be read (ENOENT)"],
    ["agent rule create --name x --action block", "a --condition and an --action"],
    ["agent rule create --name x --action block --condition a,is,b", "Whose rule is it?"],
    ["agent rule create --name x --action block --condition from.tld,is", "it takes field,operator,value"],
    ["agent rule update x --enabled --disabled", "exclude each other"],
    ["agent rule update x --priority high", "It takes a whole number"],
    ["agent list create --name x", "required option '--type <type>'"],
    ["agent list add x", "Values are missing"],
    ["workspace create --domain x.example", "required option '--name <name>'"],
    ["workspace update x --auto-group=maybe", "it takes true or false"],
  ])("%s: 2, which says what is wrong, and no request", async (line, says) => {
    const { code, stdout, stderr, asked } = await rookery(line);
    expect({ code, stdout, asked }).toEqual({ code: 2, stdout: "", asked: [] });
    expect(stderr).toContain(says);
    expect(stderr).toMatch(/^error: /);
    expect(stderr).not.toContain("    at ");
  });

  test.each(["agent account delete", "agent policy delete", "agent list delete", "workspace delete"])(
    "%s of an empty id, or of one that leads elsewhere in the path: 2, and no request",
    async (line) => {
      for (const id of ["", " ", ".", ".."]) {
        const settings = { NYLAS_AGENT_GRANT_ID: grant.email };
        const { code, stderr, asked } = await rookery(line, { extra: [id, "--yes"], settings });
        expect({ code, asked }).toEqual({ code: 2, asked: [] });
        expect(stderr).toMatch(/ is missing: /);
      }
    },
  );

  test("an account may be named by the environment", async () => {
    const settings = { NYLAS_AGENT_GRANT_ID: grant.email };
    expect(await rookery("agent account get -q", { settings })).toMatchObject({
      code: 0,
      stdout: `${id(1)}\n`,
    });
  });
});
