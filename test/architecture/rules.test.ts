/** Every rule refuses what it is there to refuse, says so in one sentence, and leaves its neighbours alone. */
import { describe, expect, test } from "vitest";
import { treeOf } from "../support/source-tree.ts";
import { arrowCases } from "./arrow-cases.ts";
import { arrowRules } from "./arrows.ts";
import { codeRules } from "./code.ts";
import { operationRules } from "./operations.ts";
import { type Case, type Files, type Rule, sentences } from "./rule.ts";
import { scopeRules } from "./scopes.ts";
import { wordRules } from "./words.ts";

const rules = [...arrowRules, ...codeRules, ...operationRules, ...scopeRules, ...wordRules];

const lines = (count: number): string => "//\n".repeat(count);
const body = (name: string, count: number): string => `${name} {\n${"1;\n".repeat(count - 2)}}`;
/** Joined here, so that the words are not in this file. */
const join = (...parts: string[]): string => parts.join("");

const codeCases: readonly Case[] = [
  {
    rule: "no file is longer",
    refused: { "src/lib/a.ts": lines(401), "test/a.test.ts": lines(401), "bench/a.ts": lines(401) },
    allowed: {
      "src/lib/b.ts": lines(400),
      "src/storage/tables.ts": lines(500),
      "test/fixtures/a.ts": lines(500),
    },
    sentence: /^src\/lib\/a\.ts has 401 lines: .*at most 400 lines \(see CONTRIBUTING\.md#shape\)$/,
  },
  {
    rule: "no function is longer",
    refused: {
      "src/lib/a.ts": body("export function long(): void", 61),
      "src/lib/b.ts": body("export const long = () =>", 61),
      "src/lib/c.ts": `class A {\n${body("long()", 61)}\n}`,
      "test/a.test.ts": `describe("a", () => {\n${body('test("b", () =>', 61)});\n});`,
      "src/lib/d.ts": `describe("not in a test", ${body("() =>", 61)});`,
    },
    allowed: {
      "src/lib/e.ts": `// before\n${body("export function short()", 60)}\n`,
      "src/lib/f.ts": `class A {\n${body("a()", 60)}\n${body("b()", 60)}\n}`,
      "test/b.test.ts": `describe.each([1])("a", ${body("() =>", 90)});`,
    },
    sentence: /^src\/lib\/a\.ts:1 has the function long of 61 lines: .*at most 60 lines/,
  },
  {
    rule: "only config.ts reads",
    refused: {
      "src/app.ts": "const a = process.env.HOME;",
      "src/lib/a.ts": 'const a = process["env"]["HOME"];',
      "src/lib/b.ts": "const { env } = process;",
      "src/lib/c.ts": 'import { env as e } from "node:process";',
      "src/lib/d.ts": 'import process from "process";',
    },
    allowed: {
      "src/config.ts": "export const readEnvironment = () => process.env;",
      "src/lib/e.ts":
        'const a = process.pid; const b = "process.env"; // process.env\nconst c = parts.process.env;',
      "test/support/a.ts": "process.env.HOME;",
      "bench/a.ts": "process.env.HOME;",
    },
    sentence: /^src\/app\.ts:1 reads the environment: settings are read in src\/config\.ts/,
  },
  {
    rule: "only listeners, egress",
    refused: {
      "src/domain/tenancy/pods/create.ts": 'const a = await fetch("http://a.example");',
      "src/workers/a.ts": 'import { connect } from "node:net";',
      "src/transport/smtp/inbound.ts": 'import tls from "tls";',
      "src/storage/listen.ts": 'import { resolve } from "node:dns/promises";',
      "src/lib/a.ts": 'await import("node:https");',
      "src/protocols/smtp/a.ts": "globalThis.fetch(url);",
      "src/main.ts": 'import "node:http2";',
    },
    allowed: {
      "src/transport/http/server.ts": 'import { createServer } from "node:http";',
      "src/egress/smtp/mx.ts": 'import { connect } from "node:net"; await fetch(url);',
      "src/storage/engines/embedded.ts": 'import "node:net";',
      "src/cli/commands/inbox.ts": "await fetch(url);",
      "src/app.ts": 'import { lookup } from "node:dns/promises";',
      "src/transport/smtp/session.ts":
        'import type { Socket } from "node:net"; import { isIP } from "node:net";',
      "src/domain/tenancy/pods/get.ts": "await parts.fetch(url); const fetch = 1;",
      "test/a.test.ts": "await fetch(url);",
    },
    sentence: /^src\/domain\/tenancy\/pods\/create\.ts:1 calls fetch: the network is for/,
  },
  {
    rule: "only stores hold SQL",
    refused: {
      "src/domain/tenancy/pods/create.ts": 'tx.within(scope).selectFrom("pods");',
      "src/domain/tenancy/pods/get.ts": "const a = sql`select 1`;",
      "src/domain/tenancy/pods/list.ts": 'const a = sql.raw("select 1");',
      "src/domain/door/storehouse.ts": 'db.insertInto("a");',
      "src/transport/http/app.ts": 'db.deleteFrom("a");',
      "src/workers/a.ts": 'db.updateTable("a");',
    },
    allowed: {
      "src/domain/tenancy/pods/store.ts": 'db.selectFrom("pods"); sql`select 1`;',
      "src/domain/mail/messages/read-store.ts": 'db.updateTable("a");',
      "src/domain/door/keyset.ts": "sql`order by 1`;",
      "src/storage/job-runner.ts": 'db.deleteFrom("a");',
      "src/lib/a.ts": 'const a = "selectFrom"; // sql`select`',
      "src/domain/tenancy/pods/get.test.ts": 'db.selectFrom("pods");',
    },
    sentence:
      /^src\/domain\/tenancy\/pods\/create\.ts:1 holds SQL: statements belong in the noun's store\.ts/,
  },
  {
    rule: "only domain/door/access/scope.ts",
    refused: {
      "src/domain/tenancy/pods/create.ts": 'import { RowScope } from "../../../storage/row-scope.ts";',
      "src/domain/door/access/actor.ts": 'import { RowScope as Base } from "../../../storage/row-scope.ts";',
      "src/workers/a.ts": 'import * as db from "../storage/row-scope.ts";',
      "src/app.ts": 'export { RowScope } from "./storage/row-scope.ts";',
    },
    allowed: {
      "src/domain/door/access/scope.ts": 'import { RowScope } from "../../../storage/row-scope.ts";',
      "src/domain/door/unavailable.ts": 'import { unavailabilityOf } from "../../storage/unavailability.ts";',
      "src/egress/http/fetch-files.ts": 'import type { Outside } from "../../domain/door/outside.ts";',

      "src/storage/job-runner.ts": 'import { RowScope } from "./row-scope.ts";',
      "src/domain/tenancy/pods/get.ts": 'import type { RowScope } from "../../../storage/row-scope.ts";',
      "src/domain/tenancy/pods/list.ts":
        'import { type RowScope, settings } from "../../../storage/row-scope.ts";',
    },
    sentence: /^src\/domain\/tenancy\/pods\/create\.ts:1 imports RowScope as a value: import the type Scope/,
  },
  {
    rule: "no code asks which engine",
    refused: {
      "src/domain/tenancy/pods/create.ts": 'if (engine.name === "embedded") skip();',
      "src/storage/db.ts": "const a = isEmbedded;",
      "src/workers/a.ts": 'await import("../storage/engines/embedded.ts");',
    },
    allowed: {
      "src/app.ts": 'import { startEmbedded } from "./storage/engines/embedded.ts";',
      "src/storage/engines/embedded.ts": "export const startEmbedded = 1;",
      "src/config.ts": 'const a = "embedded";',
      "src/cli/commands/doctor.ts": 'const a = "embedded";',
      "src/lib/a.ts": '// embedded\nconst a = "An embedded image.";',
    },
    sentence: /^src\/domain\/tenancy\/pods\/create\.ts:1 names the embedded engine: only storage\/engines/,
  },
  {
    rule: "exports are named",
    refused: {
      "src/lib/a.ts": "export default function a() {}",
      "bench/a.ts": "const a = 1; export { a as default };",
    },
    allowed: { "src/lib/b.ts": 'import a from "pino"; export const b = { default: a };' },
    sentence: /^src\/lib\/a\.ts:1 has a default export: .*\(see CONTRIBUTING\.md#exports\)$/,
  },
  {
    rule: "a test of the domain",
    refused: { "src/domain/tenancy/pods/pods.test.ts": "" },
    allowed: {
      "src/domain/tenancy/pods/create.ts": "",
      "src/domain/tenancy/pods/create.test.ts": "",
      "src/protocols/mime/cases.test.ts": "",
    },
    sentence: /^src\/domain\/tenancy\/pods\/pods\.test\.ts is named by theme: .*CONTRIBUTING\.md#tests\)$/,
  },
  {
    rule: "no test is left out",
    refused: {
      "test/a.test.ts": 'test.skip("a key is revoked", () => {});',
      "test/b.test.ts": 'describe.only("because I am busy", () => {});',
      "test/c.test.ts": 'test("a", (context) => context.skip());',
      "src/lib/a.test.ts": 'it.skip("a", () => {});',
    },
    allowed: {
      "test/d.test.ts": 'test.skip("swaks agrees: left out because swaks is not installed", () => {});',
      "test/e.test.ts": 'test("a", (context) => context.skip(missing, "swaks is not installed"));',
      "test/f.test.ts": 'const testPostfix = test.skipIf(missing); test("a.skip()", () => {});',
    },
    sentence: /^test\/a\.test\.ts:1 has \.skip without a reason/,
  },
];

const operationCases: readonly Case[] = [
  {
    rule: "each file with operations",
    refused: {
      "src/domain/tenancy/pods/dream.ts": 'export const dreamOfPod = operation({ name: "pod.dream" });',
      "src/domain/guardrails/rules/get.ts": "export const getRule = operation({});",
    },
    allowed: {
      "src/domain/tenancy/pods/plan.ts": "export const plan = check({});",
      "src/domain/guardrails/rules/list.ts": "export const listRules = operation({});",
      "src/domain/guardrails/rules/list.test.ts": "",
    },
    sentence:
      /^src\/domain\/tenancy\/pods\/dream\.ts has operations and no .*dream\.test\.ts, which runs .*#tests\)$/,
  },
];

const scopeCases: readonly Case[] = [
  {
    rule: "only access and the files listed",
    refused: {
      "src/transport/http/v0/pods.ts": 'import { systemScope } from "../../../domain/door/access/index.ts";',
      "src/transport/smtp/inbound.ts":
        'import { systemScope as all } from "../../domain/door/access/index.ts";',
      "src/workers/retention.ts": 'import * as access from "../domain/door/access/index.ts";',
      "src/domain/tenancy/pods/create.ts": 'import { systemScope } from "../../door/access/index.ts";',
      "src/domain/mail/blobs/sweep.ts": 'import { fail } from "../../door/failures.ts";',
    },
    allowed: {
      "src/domain/door/access/authenticate.ts": 'import { systemScope } from "./scope.ts";',
      "src/domain/transit/arrivals/receive.ts": 'import { systemScope } from "../../door/access/index.ts";',
      "src/transport/http/app.ts":
        'import { type Actor, permissions } from "../../domain/door/access/index.ts";',
      "src/transport/http/app.test.ts": 'import { systemScope } from "../../domain/door/access/index.ts";',
    },
    sentence:
      /^src\/transport\/http\/v0\/pods\.ts:1 can take systemScope: .*\(see ARCHITECTURE\.md#the-door\)$/,
  },
  {
    rule: "no transport acts as the system",
    refused: {
      "src/transport/smtp/inbound.ts": 'import { systemActor } from "../../domain/door/access/index.ts";',
    },
    allowed: { "src/workers/deliver.ts": 'import { systemActor } from "../domain/door/access/index.ts";' },
    sentence: /^src\/transport\/smtp\/inbound\.ts:1 can take systemActor: a transport acts for its caller/,
  },
];

const wordCases: readonly Case[] = [
  {
    rule: "only storage and migrations name",
    refused: {
      "src/domain/door/a.ts": `const a = "${join("rookery", "_worker")}";`,
      "bench/a.ts": join("// rookery", "_worker"),
    },
    allowed: {
      "src/storage/db.ts": join("// rookery", "_worker"),
      "migrations/0001.sql": join("create role rookery", "_worker;"),
      "test/isolation/a.test.ts": join("// rookery", "_worker"),
      "src/lib/a.ts": "// rookery_app",
    },
    sentence: /^src\/domain\/door\/a\.ts:1 names the role \w+: it bypasses row-level security/,
  },
  {
    rule: "no file or folder is a drawer",
    refused: {
      "src/lib/utils.ts": "",
      "src/domain/tenancy/pods/pod-service.ts": "",
      "test/helpers/a.ts": "",
      "src/storage/job.manager.ts": "",
    },
    allowed: { "src/lib/clock.ts": "", "docs/operate/service.md": "", "src/domain/door/utilisation.ts": "" },
    sentence: /^src\/lib\/utils\.ts is named "utils", which says nothing: .*\(see CONTRIBUTING\.md#names\)$/,
  },
  {
    rule: "a reminder carries",
    refused: { "src/lib/a.ts": join("\n// TO", "DO: later"), ".ci/run": join("# FIX", "ME soon") },
    allowed: {
      "src/lib/b.ts": join("// TO", "DO #12: later\n// TO", "DO(#3) more\nconst TO", "DOS = 1;"),
      "CONTRIBUTING.md": join("A TO", "DO carries a number."),
    },
    sentence: /^src\/lib\/a\.ts:2 has a \w+ without #number: open an issue/,
  },
  {
    rule: "text speaks of the product",
    refused: {
      "README.md": join("Written by Clau", "de."),
      "docs/a.md": join("\nAs an ", "AI, I cannot"),
      "src/lib/a.ts": join("// see /work/", "shared/design.md"),
      "test/a.test.ts": join("// this ", "session's issue"),
      "schema.sql": join("-- AI-", "generated"),
    },
    allowed: {
      "docs/b.md":
        "An inbox for an AI agent; as an AI agent's operator you page with a cursor. A TLS session ends.",
      "src/lib/b.ts": "class SmtpSession {} // too many commands in this session",
      "package-lock.json.md": "@modelcontextprotocol/server",
    },
    sentence: /^README\.md:1 says "\w+": a reader of the product/,
  },
  {
    rule: "failures of the domain name no",
    refused: {
      "src/domain/mail/labels/add.ts": 'throw invalid(["add_labels"], "Too many");',
      "src/domain/mail/labels/set.ts": "throw invalid([], says`some or remove_labels must be given`);",
      "src/domain/tenancy/pods/get.ts":
        'throw fail("pod.not_found", { message: "No pod", hint: "See GET /v0/pods" });',
    },
    allowed: {
      "src/domain/tenancy/pods/list.ts":
        'throw fail("pod.not_found", { message: "No pod" }); throw invalid(["addLabels"], says`labels are missing`);',
      "src/domain/tenancy/pods/store.ts": 'const column = "created_at"; // throw invalid([], "a_b")',
      "src/transport/http/v0/pods.ts": 'throw invalid(["add_labels"], "Too many");',
    },
    sentence: /^src\/domain\/mail\/labels\/add\.ts:1 says "add_labels" in a failure: name the field/,
  },
  {
    rule: "a citation of the contract",
    refused: {
      "src/domain/pods/pod.ts": join("/** Pods. */\n/** Names (contract", " 9.9). */"),
      "src/domain/pods/create.ts": join("// One there, one not (contract", " 9.4, 9.9)."),
      "src/domain/pods/get.ts": join("// An item that is not there (contract", " (c) 4)."),
      "src/domain/pods/list.ts": join("/**\n * Broken over a line (contract\n", " * 3.1).\n */"),
      "docs/a.md": join("As the contract", " section 9.4 says."),
      "src/domain/pods/rule.ts": join("// Of the other vendor (nylas", " 9.4)."),
    },
    allowed: {
      "docs/contracts/agentmail.md":
        "# Facts\n## 9. Mail\n### 9.4 Labels\n| 4 | no item |\n## (c) Chosen\n| # | what |\n| 20 | bounds |\n## End\n| 4 | x |",
      "docs/contracts/nylas.md": "# Facts\n## 7. Errors\n",
      "src/domain/pods/other.ts": join("// Errors (contract", " 9; nylas", " 7), of nylas 8.4.0."),
      "src/domain/labels.ts": join(
        "/** Labels (contract",
        " 9.4: some, contract",
        " 9, contract (c)",
        " 20). */",
      ),
      "src/lib/a.ts": "// The contract has 9.9 of them; a contract of its own. 3.1 is a number.",
    },
    sentence:
      /^src\/domain\/pods\/pod\.ts:2 cites contract 9\.9, which docs\/contracts\/agentmail\.md does not have: .*\(see CONTRIBUTING\.md#comments\)$/,
  },
];

function ruleNamed(start: string): Rule {
  const found = rules.filter(({ guarantee }) => guarantee.startsWith(start));
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`${found.length} rules start with ${start}`);
  return found[0];
}

const filesOf = (...groups: Files[]) =>
  groups.flatMap((group) => Object.entries(group).map(([path, text]) => ({ path, text })));

describe.each([...arrowCases, ...codeCases, ...operationCases, ...scopeCases, ...wordCases])(
  "$rule",
  ({ rule: start, refused, allowed, sentence }) => {
    const rule = ruleNamed(start);
    const tree = treeOf(filesOf(refused, allowed));

    test("refuses every file that breaks it, once, and no other", () => {
      const paths = rule.find(tree).map(({ path }) => path);
      expect(paths.sort()).toEqual(Object.keys(refused).sort());
    });

    test("says what is wrong, where, and which law says so", () => {
      expect(sentences(rule, tree)).toContainEqual(expect.stringMatching(sentence));
    });

    test("has nothing against a tree without those files", () => {
      expect(sentences(rule, treeOf(filesOf(allowed)))).toEqual([]);
    });
  },
);

test("no rule is without a case", () => {
  const cases = [...arrowCases, ...codeCases, ...operationCases, ...scopeCases, ...wordCases].map(
    ({ rule }) => ruleNamed(rule),
  );
  expect(new Set(cases)).toEqual(new Set(rules));
});

test("code that cannot be parsed is named", () => {
  expect(() => treeOf(filesOf({ "src/lib/a.ts": "const = ;" }))).toThrow("src/lib/a.ts cannot be parsed");
});
