/** What `rookery agent rule test` and `explain` ask of a server and print. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  address,
  atText,
  grant,
  id,
  type Options,
  type Ran,
  rookery as runOn,
  server,
} from "./fleet-samples.ts";
import type { Answer } from "./recorded-api.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rookery-trial-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const rookery = (line: string, options?: Partial<Options>): Promise<Ran> => runOn(folder, line, options);

const match = {
  inbox_id: grant.email,
  message_id: "<1@spam.example>",
  from: "Spam <a@spam.example>",
  subject: "Buy",
  timestamp: atText,
  actions: ["block"],
  folders: [],
};
const summary = { type: "summary", judged: 1200, matched: 1, complete: true };

const lines =
  (...objects: readonly object[]): (() => Answer) =>
  () => ({
    headers: { "content-type": "application/x-ndjson" },
    body: objects.map((object) => `${JSON.stringify(object)}\n`).join(""),
  });
const whole = lines(
  { type: "match", ...match },
  { type: "progress", judged: 600, matched: 1 },
  { type: "progress", judged: 1200, matched: 1 },
  summary,
);

describe("rule test", () => {
  test.each<[string, string, object]>([
    [`${id(60)} --since 2026-11-01`, "/v0", { rule_id: id(60), since: "2026-11-01T00:00:00.000Z" }],
    [`${id(60)} --account ${grant.email}`, `/v0/inboxes/${address}`, { rule_id: id(60) }],
    [`${id(60)} --workspace ${id(90)}`, `/v0/pods/${id(90)}`, { rule_id: id(60) }],
    [
      "--trigger outbound --match-operator any --condition recipient.tld,is,example --action block --name x",
      "/v0",
      {
        rule: {
          trigger: "outbound",
          match: {
            operator: "any",
            conditions: [{ field: "recipient.tld", operator: "is", value: "example" }],
          },
          actions: [{ type: "block" }],
        },
      },
    ],
  ])("%s asks there for that", async (args, place, body) => {
    const answers = { ...server(), [`POST ${place}/rules/dry-run`]: whole };
    const ran = await rookery(`agent rule test ${args} --json`, { answers });
    expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 0, stderr: "" });
    expect(ran.asked.at(-1)).toMatchObject({ method: "POST", path: `${place}/rules/dry-run` });
    expect(ran.asked.at(-1)?.body).toEqual(body);
    expect(JSON.parse(ran.stdout)).toEqual({ judged: 1200, matched: 1, complete: true, matches: [match] });
  });

  test("people see how many and which, and programs the ids", async () => {
    const answers = { "POST /v0/rules/dry-run": whole };
    const { stdout } = await rookery(`agent rule test ${id(60)}`, { answers });
    expect(stdout).toMatch(
      /^✓ 1,200 messages judged, 1 of them would have matched\.\n {2}Nothing was changed\.\n/,
    );
    expect(stdout).toContain("│ Buy ");
    for (const line of stdout.split("\n")) expect([...line].length, line).toBeLessThanOrEqual(80);
    expect((await rookery(`agent rule test ${id(60)} -q`, { answers })).stdout).toBe("<1@spam.example>\n");
  });

  test("a trial that reached a bound says so apart from its result", async () => {
    const answers = {
      "POST /v0/rules/dry-run": lines({ ...summary, complete: false, ended_by: "messages" }),
    };
    const { code, stdout, stderr } = await rookery(`agent rule test ${id(60)} --json`, { answers });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ complete: false, ended_by: "messages" });
    expect(stderr).toMatch(/^The trial was ended by its bound on messages/);
  });

  test.each<[string, () => Answer, string]>([
    ["that is cut off", lines({ type: "progress", judged: 1, matched: 0 }), "The trial was cut off"],
    [
      "in which the server fails",
      lines({ name: "E", code: "x", message: "The database is away.", fix: "Try again later." }),
      "The database is away. Try again later. The trial ended there.",
    ],
  ])("a trial %s is a failure, not a shorter result", async (_, answer, says) => {
    const answers = { "POST /v0/rules/dry-run": answer };
    const { code, stdout, stderr } = await rookery(`agent rule test ${id(60)} --json`, { answers });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(says);
  });

  test.each([
    ["agent rule test", "Which rule?"],
    [`agent rule test ${id(60)} --action block`, "not both"],
    [`agent rule test ${id(60)} --since soon`, "it takes a time such as"],
    [`agent rule test ${id(60)} --account a --workspace b`, "exclude each other"],
    ["agent rule explain <1@a.example>", "Whose message is it?"],
  ])("%s: 2, which says what is wrong, and no request", async (line, says) => {
    const { code, stderr, asked } = await rookery(line);
    expect({ code, asked }).toEqual({ code: 2, asked: [] });
    expect(stderr).toContain(says);
  });
});

describe("rule explain", () => {
  const explanation = {
    message_id: match.message_id,
    inbox_id: grant.email,
    recorded: {
      actions: ["mark_as_spam"],
      folders: [],
      matched_rule_ids: [id(60), id(69)],
      evaluated_at: atText,
    },
    rules: [
      {
        rule_id: id(60),
        name: "No spam",
        matches: true,
        reached: true,
        actions: [{ type: "block" }],
        match_operator: "any",
        conditions: [
          {
            field: "from.domain",
            operator: "is",
            value: "spam.example",
            holds: true,
            actual: ["spam.example"],
          },
          { field: "from.tld", operator: "in_list", value: [id(70)], holds: false, actual: [] },
        ],
      },
      {
        rule_id: id(61),
        name: "Leads",
        matches: true,
        reached: false,
        actions: [{ type: "assign_to_folder", value: "Leads" }],
        match_operator: "all",
        conditions: [],
      },
    ],
    now: { actions: ["block"], folders: [] },
  };
  const answers = {
    ...server(),
    [`GET /v0/inboxes/${address}/messages/${encodeURIComponent(match.message_id)}/rules`]: () => ({
      body: explanation,
    }),
  };
  const line = `agent rule explain ${match.message_id}`;

  test("says what was done and by which rule, what would be done now, and why", async () => {
    const { code, stdout } = await rookery(`${line} --account ${grant.email}`, { answers });
    expect(code).toBe(0);
    expect(stdout.split("\n")).toEqual([
      "Message:      <1@spam.example>",
      `Account:      ${grant.email}`,
      `When it came: mark_as_spam by No spam, ${id(69)} (2026-11-26 10:18 UTC)`,
      "Now:          block",
      "",
      "✓ No spam (any) matches: block",
      "  ✓ from.domain is spam.example; it has spam.example",
      `  ✗ from.tld in_list ${id(70)}; it has none`,
      "",
      "✗ Leads (all) is not looked at: a rule before it blocks",
      "",
    ]);
  });

  test("as JSON it is what the server says; the account may be that of the environment", async () => {
    const settings = { NYLAS_GRANT_ID: grant.email };
    const { stdout } = await rookery(`${line} --json`, { answers, settings });
    expect(JSON.parse(stdout)).toEqual(explanation);
  });

  test("a message that is not there: 1", async () => {
    const { code, stderr } = await rookery(`${line} --account ${grant.email}`);
    expect(code).toBe(1);
    expect(stderr).toContain(`There is no stored message ${match.message_id} in ${grant.email}`);
  });
});
