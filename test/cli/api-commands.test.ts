/** The commands that are made of the API's routes: all of them, each with a page of help and an example that can be run. */
import { Command } from "commander";
import { beforeAll, describe, expect, test } from "vitest";
import { addApi } from "../../src/cli/api/commands.ts";
import { type ApiOperation, readApi } from "../../src/cli/api/document.ts";
import type { CommandParts } from "../../src/cli/parts.ts";
import { v0Routes } from "../../src/transport/http/v0/index.ts";
import { callCommand } from "../support/command.ts";

const kebab = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll(".", " ");

const api = readApi();
const { operations } = api;
const printed: string[] = [];
const parts: CommandParts = {
  environment: {},
  cwd: "/",
  print: (line) => void printed.push(line),
  deliver: async () => undefined,
  tell: (line) => void printed.push(line),
  forPeople: false,
  exit: () => undefined,
};

let program: Command;
beforeAll(() => {
  program = new Command("rookery").exitOverride().configureOutput({ getOutHelpWidth: () => 80 });
  addApi(program, parts, api);
});

function find(words: readonly string[]): Command {
  const found = words.reduce<Command | undefined>(
    (above, word) => above?.commands.find((command) => command.name() === word),
    program,
  );
  if (found === undefined) throw new Error(`no command ${words.join(" ")}`);
  return found;
}

/** Of what a page of help ends with. */
function pageOf(command: Command): string {
  const pieces: string[] = [];
  command.configureOutput({ writeOut: (piece) => void pieces.push(piece), getOutHelpWidth: () => 80 });
  command.outputHelp();
  return pieces.join("");
}

describe("commands of the API", () => {
  test("every route has one, whether it is made of the route or written by hand", async () => {
    const { code, stdout } = await callCommand(["completion", "bash"], "/");
    expect(code).toBe(0);
    const missing = v0Routes.filter(({ name }) => !stdout.includes(`    '${kebab(name)}') `));
    expect(missing.map(({ name }) => name)).toEqual([]);
  });

  test("the routes are read from the document that is published", () => {
    expect(operations.map(({ words }) => words.join(" ")).sort()).toEqual(
      v0Routes.map(({ name }) => kebab(name)).sort(),
    );
  });

  test("each explains itself in 80 columns, with its arguments, its options and an example", () => {
    for (const { words, parameters } of operations) {
      const page = pageOf(find(words));
      // The first line is the command itself, which is not broken.
      for (const line of page.split("\n").slice(1)) expect(line.length, line).toBeLessThanOrEqual(80);
      expect(page).toMatch(new RegExp(`^Usage: rookery ${words.join(" ")} `));
      expect(page).toContain(`\nExamples:\n  rookery ${words.join(" ")}`);
      for (const { name } of parameters) expect(page).toContain(`<${name.replaceAll("_", "-")}>`);
      expect(page).toContain("Exit codes:");
    }
  });

  test("a list has columns, and names for --quiet where its things have ids", () => {
    for (const { words, answer } of operations.filter(({ answer: { items } }) => items !== null)) {
      expect(answer.fields.length, words.join(" ")).toBeGreaterThan(0);
      if (!["queue", "list-attempts"].includes(words.at(-1) ?? ""))
        expect(answer.id, words.join(" ")).not.toBeNull();
    }
    const found = (name: string) => operations.find(({ words }) => words.join(" ") === name)?.answer;
    expect(found("api-keys list")).toMatchObject({ items: "api_keys", id: "api_key_id" });
    expect(found("api-keys create")).toMatchObject({ items: null, id: "api_key_id" });
    expect(found("inboxes messages search")).toMatchObject({ items: "messages", id: "message_id" });
    expect(found("threads search")).toMatchObject({ items: "threads", id: "thread_id" });
    expect(found("threads get")).toMatchObject({ items: "messages", id: "message_id" });
    expect(found("inboxes aliases list")).toMatchObject({ id: "address" });
    expect(found("webhooks polling list")).toMatchObject({ id: "webhook_id" });
    expect(found("inboxes events list")).toMatchObject({ id: "event_id" });
    expect(found("apps list-accounts")).toMatchObject({ items: "accounts" });
  });

  test("the example of each is a request of its route", async () => {
    for (const operation of operations) {
      printed.length = 0;
      const page = pageOf(find(operation.words));
      const [, example = ""] = /\nExamples:\n {2}rookery ((?:.*\\\n)*.*)\n/.exec(page) ?? [];
      await program.parseAsync([...wordsOf(example), "--dry-run"], { from: "user" });
      // Cast: what --dry-run prints.
      const request = JSON.parse(printed.join("\n")) as { method: string; url: string; body?: object };
      expect(request.method, example).toBe(operation.method);
      expect(new URL(request.url).pathname, example).toMatch(pathPattern(operation));
      expect("body" in request, example).toBe(operation.body !== null);
    }
  });

  const pathPattern = ({ path }: ApiOperation): RegExp =>
    new RegExp(`^${path.replaceAll(/\{\w+\}/g, "[^/]+")}$`);

  /** Words of a shell's line, as far as examples go: single quotes, and line ends behind a backslash. */
  const wordsOf = (line: string): string[] =>
    [...line.replaceAll("\\\n", " ").matchAll(/'((?:[^']|'\\'')*)'|[^\s']+/g)].map(([word, text]) =>
      (text ?? word).replaceAll("'\\''", "'"),
    );
});

describe("a line", () => {
  test("is read with what it may be about alone, and its pages are those of all", async () => {
    const wordsFor = (...line: string[]) => readApi(line).operations.map(({ words }) => words.join(" "));
    expect(wordsFor("inboxes", "messages", "send", "messages", "--text", "x")).toEqual([
      "inboxes messages send",
    ]);
    expect(wordsFor("agent", "account", "list")).toEqual(
      operations.map(({ words }) => words.join(" ")).filter((line) => line.startsWith("agent ")),
    );
    expect(wordsFor("--help")).toHaveLength(operations.length);
    for (const words of [["pods"], ["pods", "inboxes"], ["inboxes", "messages", "send"]]) {
      const { code, stdout } = await callCommand([...words, "--help"], "/");
      // Only the whole program has the house's words for help.
      const page = pageOf(find(words)).replace("display help for command", "show this help");
      expect({ code, stdout }).toEqual({ code: 0, stdout: page });
    }
  });

  test.each([
    [["inbxes", "list"], "Did you mean inboxes?"],
    [["inboxes", "mesages"], "Did you mean messages?"],
    [["help", "inboxes", "mesages"], "Did you mean messages?"],
  ])("%j that is none says what is near", async (line, near) => {
    const { code, stderr } = await callCommand(line, "/");
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(near) });
  });
});

test.each([
  [["inboxes", "search"], "Missing: --q. Give the option."],
  [["domains", "create", "--dry-run"], "Missing: --domain. Give the option, or the field in --body."],
])("%j says which options are missing, and asks no server", async (line, said) => {
  const { code, stderr } = await callCommand(line, "/");
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(said) });
});

describe("a command written by hand", () => {
  test("keeps its place, and the group around it gets the others", async () => {
    const { stdout } = await callCommand(["domains", "--help"], "/");
    expect(stdout).toContain("List domains, with what was found of");
    expect(stdout).not.toContain("List domains\n");
    for (const made of ["create", "get-zone-file", "delete"]) expect(stdout).toContain(`\n  ${made} `);
    const fleet = await callCommand(["fleet", "plan", "--help"], "/");
    expect(fleet.stdout).not.toContain("--dry-run");
  });
});
