/** What `rookery agent` and `rookery workspace` ask of a server. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  address,
  grant,
  id,
  KEY,
  list,
  type Options,
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

const shortly = ({ asked }: Ran): string[] => asked.map(({ method, path }) => `${method} ${path}`);

describe("requests", () => {
  test("carry the key, and an account is looked up by its address in one request, not in a list of all", async () => {
    const ran = await rookery(`agent account get ${grant.email} --json`);
    expect(ran.asked).toEqual([{ method: "GET", path: `/v3/grants/${address}`, body: undefined, key: KEY }]);
  });

  test.each<[string, readonly string[], string, unknown]>([
    [
      "agent account create support-acme --name",
      ["Acme support"],
      "POST /v3/connect/custom",
      { provider: "nylas", settings: { email: "support-acme@rookery.localhost" }, name: "Acme support" },
    ],
    [
      `agent account create a@b.example --app-password Sesame-0123456789abc --workspace ${id(90)}`,
      [],
      "POST /v3/connect/custom",
      {
        provider: "nylas",
        settings: { email: "a@b.example", app_password: "Sesame-0123456789abc" },
        workspace_id: id(90),
      },
    ],
    [`agent account update ${grant.email} --name`, [""], `PATCH /v3/grants/${address}`, { name: "" }],
    [
      `agent account update ${grant.email} --no-app-password`,
      [],
      `PATCH /v3/grants/${address}`,
      { settings: { app_password: null } },
    ],
    [
      `agent account move ${grant.email} --workspace ${id(90)}`,
      [],
      `POST /v3/workspaces/${id(90)}/manual-assign`,
      { assign_grants: [id(1)] },
    ],
    [
      "agent policy create --name Other --data",
      ['{"name":"Baseline","limits":{"limit_count_daily_message_per_grant":500}}'],
      "POST /v3/policies",
      { name: "Other", limits: { limit_count_daily_message_per_grant: 500 } },
    ],
    [
      `agent policy update ${id(50)} --data-file policy.json`,
      [],
      `PUT /v3/policies/${id(50)}`,
      { spam_detection: { spam_sensitivity: 2 } },
    ],
    [
      "agent rule create --no-attach --trigger OUTBOUND --priority 5 --disabled --match-operator any --condition recipient.domain,is,a,b --action move_to_folder=Leads --name",
      ["Two words", "--condition", `from.domain,in_list,${id(70)},${id(71)}`],
      "POST /v3/rules",
      {
        name: "Two words",
        priority: 5,
        enabled: false,
        trigger: "outbound",
        actions: [{ type: "assign_to_folder", value: "Leads" }],
        match: {
          operator: "any",
          conditions: [
            { field: "recipient.domain", operator: "is", value: "a,b" },
            { field: "from.domain", operator: "in_list", value: [id(70), id(71)] },
          ],
        },
      },
    ],
    [
      "agent rule create --no-attach --data",
      ['{"name":"x","match":{"conditions":[]},"actions":[{"type":"block"}]}'],
      "POST /v3/rules",
      { name: "x", match: { conditions: [] }, actions: [{ type: "block" }] },
    ],
    [
      `agent rule update ${id(60)} --condition from.tld,is,example`,
      [],
      `PUT /v3/rules/${id(60)}`,
      {
        match: {
          operator: "all",
          conditions: [{ field: "from.tld", operator: "is", value: "example" }],
        },
      },
    ],
    [`agent rule update ${id(60)} --enabled`, [], `PUT /v3/rules/${id(60)}`, { enabled: true }],
    [
      "agent list create --name Blocked --type DOMAIN",
      [],
      "POST /v3/lists",
      { name: "Blocked", type: "domain" },
    ],
    [
      "agent list create --name Blocked --type domain --item a.example --item b.example",
      [],
      `POST /v3/lists/${id(70)}/items`,
      { items: ["a.example", "b.example"] },
    ],
    [`agent list update ${id(70)} --description`, [""], `PUT /v3/lists/${id(70)}`, { description: "" }],
    [
      `agent list remove ${id(70)} a.example`,
      [],
      `DELETE /v3/lists/${id(70)}/items`,
      { items: ["a.example"] },
    ],
    [
      `workspace create --name Acme --domain acme.example --auto-group --policy-id ${id(50)}`,
      [],
      "POST /v3/workspaces",
      { domain: "acme.example", name: "Acme", policy_id: id(50), auto_group: true },
    ],
    [
      "workspace create --name Acme --domain acme.example --auto-group=false",
      [],
      "POST /v3/workspaces",
      { domain: "acme.example", name: "Acme", auto_group: false },
    ],
    [
      `workspace update ${id(90)} --policy-id`,
      ["", "--rules-ids", ""],
      `PATCH /v3/workspaces/${id(90)}`,
      { policy_id: null, rule_ids: [] },
    ],
    [
      `workspace update ${id(90)} --rules-ids`,
      [`${id(60)}, ${id(61)}`],
      `PATCH /v3/workspaces/${id(90)}`,
      { rule_ids: [id(60), id(61)] },
    ],
  ])("%s %j", async (line, extra, call, body) => {
    await writeFile(join(folder, "policy.json"), '{"spam_detection":{"spam_sensitivity":2}}');
    const ran = await rookery(line, { extra });
    expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 0, stderr: "" });
    expect(ran.asked.find(({ method, path }) => `${method} ${path}` === call)?.body).toEqual(body);
  });

  test("a list of accounts is read in pages of 200 to its end", async () => {
    const all = Array.from({ length: 401 }, (_, index) => ({ ...grant, id: id(index) }));
    const ran = await rookery("agent account list --json", {
      answers: {
        "GET /v3/grants": ({ path }) => {
          const offset = Number(new URL(path, "http://x").searchParams.get("offset"));
          return answerOf(all.slice(offset, offset + 200));
        },
      },
    });
    expect(JSON.parse(ran.stdout)).toHaveLength(401);
    expect(shortly(ran)).toEqual(
      [0, 200, 400].map(
        (offset) => `GET /v3/grants?limit=200&offset=${offset}&sort_by=created_at&order_by=asc`,
      ),
    );
  });

  test("a list with cursors is read to its end, rules with theirs beside the items", async () => {
    const ran = await rookery("agent rule list -q", {
      answers: {
        "GET /v3/rules": ({ path }) =>
          path.includes("page_token=two")
            ? answerOf({ items: [{ ...rule, id: id(62) }] })
            : { body: { request_id: "r", data: { items: [rule], next_cursor: "two" }, next_cursor: "two" } },
      },
    });
    expect(ran.stdout).toBe(`${id(60)}\n${id(62)}\n`);
    expect(shortly(ran)).toEqual(["GET /v3/rules?limit=200", "GET /v3/rules?limit=200&page_token=two"]);
  });

  test("a new rule is attached behind the others of the workspace; what cannot be attached is deleted again", async () => {
    const line = `agent rule create --account ${grant.email} --name x --condition from.tld,is,y --action block`;
    const ran = await rookery(line);
    expect(ran.code).toBe(0);
    expect(ran.asked.at(-1)).toMatchObject({ method: "PATCH", body: { rule_ids: [id(59), id(60)] } });
    const answers = {
      ...server(),
      [`PATCH /v3/workspaces/${id(90)}`]: () => refused(400, "api.invalid_request_error", "No such rule."),
    };
    const failed = await rookery(line, { answers });
    expect({ code: failed.code, stdout: failed.stdout }).toEqual({ code: 1, stdout: "" });
    expect(failed.asked.at(-1)).toMatchObject({ method: "DELETE", path: `/v3/rules/${id(60)}` });
    const byEnvironment = await rookery(line.replace(`--account ${grant.email} `, ""), {
      settings: { NYLAS_GRANT_ID: id(1) },
    });
    expect(byEnvironment.asked.at(-1)).toMatchObject({ method: "PATCH" });
  });

  test("a new outbound rule is in force once its workspace has it, as until then it would govern every account", async () => {
    const line = `agent rule create --account ${grant.email} --name x --trigger outbound --condition recipient.tld,is,y --action block`;
    const ran = await rookery(line);
    expect(ran.code).toBe(0);
    expect(ran.asked.slice(-4)).toMatchObject([
      { method: "POST", path: "/v3/rules", body: { trigger: "outbound", enabled: false } },
      { method: "GET", path: `/v3/workspaces/${id(90)}` },
      { method: "PATCH", path: `/v3/workspaces/${id(90)}`, body: { rule_ids: [id(59), id(60)] } },
      { method: "PUT", path: `/v3/rules/${id(60)}`, body: { enabled: true } },
    ]);
    const disabled = await rookery(`${line} --disabled`);
    expect(disabled.asked.at(-1)).toMatchObject({ method: "PATCH" });
  });

  test("thousands of values go in requests of 1,000; when one is refused, the error says how many were taken", async () => {
    const values = Array.from({ length: 2500 }, (_, index) => `d${index}.example`);
    await writeFile(join(folder, "domains.txt"), `${values.join("\n")}\n\n`);
    const line = `agent list add ${id(70)} first.example --file domains.txt`;
    const ran = await rookery(line);
    expect(ran.stdout).toBe(`✓ Added 2501 item(s)\nList ${id(70)} now has 2 item(s)\n`);
    // Cast: what this command sends.
    const sent = ran.asked.map(({ body }) => (body as { items: string[] }).items);
    expect(sent.map(({ length }) => length)).toEqual([1000, 1000, 501]);
    expect(sent.flat()).toEqual(["first.example", ...values]);
    let requests = 0;
    const full = () =>
      ++requests === 3 ? refused(403, "forbidden_access", "The list is full.") : answerOf(list);
    const failed = await rookery(line, { answers: { [`POST /v3/lists/${id(70)}/items`]: full } });
    expect({ code: failed.code, stdout: failed.stdout }).toEqual({ code: 1, stdout: "" });
    expect(failed.stderr).toMatch(/The list is full .*2,000 items of 2,501 were taken/);
  });
});
