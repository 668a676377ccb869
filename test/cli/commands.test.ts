import { spawnSync } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import { callCommand, type Ended, runCommand, type Settings } from "../support/command.ts";
import { program } from "../support/program.ts";
import { hasTerminal, runOnTerminal } from "../support/terminal.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rookery-cli-"));
  // PostgreSQL runs as another account when the tests run as root, and passes through.
  await chmod(folder, 0o711);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const rookery = (line: string, settings?: Settings): Promise<Ended> =>
  runCommand(line === "" ? [] : line.split(" "), folder, settings);

const anyPorts = { ROOKERY_HTTP_PORT: "0", ROOKERY_SMTP_PORT: "0", ROOKERY_SUBMISSION_PORT: "0" };

describe("help", () => {
  test("every command that is listed explains itself with examples, on standard output", async () => {
    const { code, stdout, stderr } = await rookery("--help");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    // The API's own are in api-commands.test.ts.
    const [byHand = ""] = stdout.split("\nResources of the API:");
    expect(listedCommands(byHand)).toEqual([
      ...[
        "serve",
        "migrate",
        "config",
        "doctor",
        "keys",
        "reset-seal-key",
        "demo",
        "agent",
        "workspace",
        "fleet",
      ],
      ...["deliveries", "queue", "domains", "aliases", "mcp", "completion", "help"],
    ]);
    await explains("");
    expect(await rookery("help agent account get")).toEqual(await call("agent account get --help"));
    expect(await rookery("help serve")).toEqual(await call("serve --help"));
  });

  /** What `--help` of a group lists. */
  const listedCommands = (page: string): string[] =>
    [...page.matchAll(/^ {2}([a-z][a-z-]*)(?:\|[a-z]+)? (?:[<[][\w.]+[\]>] ?)* {2,}\S/gm)].map(
      ([, name = ""]) => name,
    );

  const call = (line: string): Promise<Ended> => callCommand(line.split(" "), folder);

  /** The page of a command, and those of its own commands. */
  async function explains(name: string): Promise<void> {
    const { code, stdout, stderr } = await call(`${name} --help`.trim());
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const line of stdout.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
    const whole = `rookery ${name}`.trim().replaceAll(" ", "\\S* ");
    expect(stdout).toMatch(new RegExp(`^Usage: ${whole}[\\s\\S]*\\nExamples:\\n[\\s\\S]*${whole}`));
    const [byHand = ""] = stdout.split("\nResources of the API:");
    if (/\nCommands:\n/.test(byHand))
      for (const below of listedCommands(byHand)) await explains(`${name} ${below}`.trim());
  }

  test("without a command it is shown as an error", async () => {
    const { code, stdout, stderr } = await rookery("");
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("Usage: rookery");
  });

  test("the version is that of the package", async () => {
    expect(await rookery("--version")).toEqual({ code: 0, stdout: `${packageJson.version}\n`, stderr: "" });
  });
});

describe("a line that cannot be run", () => {
  test.each([
    ["sreve", "unknown command 'sreve'", "Did you mean serve?"],
    ["help sreve", "unknown command 'sreve'", "Did you mean serve?"],
    ["config --josn", "unknown option '--josn'", "Did you mean --json?"],
    ["doctor --jsn", "unknown option '--jsn'", "Did you mean --json?"],
    ["serve now", "too many arguments", "Run with --help"],
    ["demo --tenants", "argument missing", "Run with --help"],
  ])("`rookery %s` says what is wrong and what is near, and ends with 2", async (line, wrong, hint) => {
    const { code, stdout, stderr } = await rookery(line);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(/^error: /);
    expect(stderr).toContain(wrong);
    expect(stderr).toContain(hint);
    expect(stderr).not.toContain("    at ");
  });
});

describe("settings", () => {
  const wrong = {
    ROOKERY_HTTP_PORT: "80x",
    ROOKERY_DOMAIN: "Example.com",
    ROOKERY_SERVICES: "http,pigeons",
    ROOKERY_API_KEY: "sesame",
    DATABASE_URL: "mysql://root:sesame@host/db",
    ROOKERY_SMPT_PORT: "25",
  };

  test.each(["serve", "migrate"])(
    "that are wrong stop %s: each is named with its value and what it takes, secrets are not",
    async (command) => {
      const { code, stdout, stderr } = await rookery(command, wrong);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr.split("\n").map((line) => line.trim())).toEqual([
        "error: Settings are wrong:",
        "ROOKERY_SMPT_PORT is not a setting: did you mean ROOKERY_SMTP_PORT? `rookery config` lists them all",
        "DATABASE_URL is wrong (value not shown): it takes a URL like postgresql://user:password@host:5432/database",
        'ROOKERY_HTTP_PORT is "80x": it takes a port, 0 to 65535; 0 picks a free one',
        "ROOKERY_API_KEY is wrong (value not shown): it takes am_ and at least 20 letters or digits, not am_eu_",
        'ROOKERY_DOMAIN is "Example.com": it takes a domain name in lower case',
        'ROOKERY_SERVICES is "http,pigeons": it takes all, or any of http,smtp,submission,worker',
        "",
      ]);
    },
  );

  test("config shows each with its value and its meaning, and the absolute data directory", async () => {
    const { code, stdout, stderr } = await rookery("config", { ROOKERY_HTTP_PORT: "81" });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("ROOKERY_HTTP_PORT=81   (from the environment)\n    API, docs, health");
    expect(stdout).toContain("ROOKERY_SMTP_PORT=2525\n    ");
    expect(stdout).toContain("ROOKERY_API_KEY (not set)\n    ");
    expect(stdout).toContain(`ROOKERY_DATA_DIR=${folder}/.rookery\n`);
  });

  test.skipIf(process.getuid?.() !== 0)(
    "config shows where root's data lie below a closed home, unless a setting or a database of one's own says otherwise (needs root)",
    async () => {
      const home = await mkdtemp(join(folder, "home-"));
      await chmod(home, 0o700);
      const shown = async (settings: Settings): Promise<string | undefined> => {
        const { stdout } = await runCommand(["config"], home, settings);
        return /^ROOKERY_DATA_DIR=(.*)$/m.exec(stdout)?.[1];
      };
      expect(await shown({})).toBe("/var/lib/rookery");
      expect(await shown({ ROOKERY_DATA_DIR: "data" })).toBe(`${home}/data   (from the environment)`);
      expect(await shown({ DATABASE_URL: "postgresql://me@host/db" })).toBe(`${home}/.rookery`);
    },
  );

  test("config --json prints JSON and nothing else, without a secret", async () => {
    const secrets = {
      ROOKERY_API_KEY: "am_us_sesame0123456789abcdef",
      ROOKERY_SEAL_KEY: "5e5a3e".padEnd(64, "0"),
      DATABASE_URL: "postgresql://me:sesame@host/db",
    };
    const { code, stdout, stderr } = await rookery("config --json", secrets);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const rows = JSON.parse(stdout) as { key: string; value: string; origin: string; doc: string }[];
    for (const key of Object.keys(secrets))
      expect(rows.find((row) => row.key === key)).toMatchObject({
        value: expect.stringContaining("********"),
        origin: "environment",
      });
    expect(stdout).not.toMatch(/sesame|5e5a3e/);
    for (const row of rows) expect(row.doc).not.toBe("");
  });

  test("config shows wrong ones too, then ends with 2 and says so apart from the list", async () => {
    const { code, stdout, stderr } = await rookery("config --json", wrong);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toContainEqual(
      expect.objectContaining({ key: "ROOKERY_HTTP_PORT", value: "80x" }),
    );
    expect(stderr).toContain("ROOKERY_HTTP_PORT is");
    expect(stdout + stderr).not.toContain("sesame");
  });

  test("a reader that closes the pipe early is no failure", () => {
    const line = `"${process.execPath}" "${program()}" config | head -n 1; exit \${PIPESTATUS[0]}`;
    const { status, stdout, stderr } = spawnSync("bash", ["-c", line], { cwd: folder, encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout.split("\n")).toHaveLength(2);
  });
});

describe("migrate and doctor on a directory that is new", () => {
  test("doctor finds it healthy and migrates nothing; migrate does, once", async () => {
    const before = await rookery("doctor --json", anyPorts);
    expect({ code: before.code, stderr: before.stderr }).toEqual({ code: 0, stderr: "" });
    const findings = JSON.parse(before.stdout) as { check: string; ok: boolean; detail: string }[];
    expect(findings.map(({ check, ok }) => [check, ok])).toEqual(
      ["node", "settings", "memory", "database", "http port", "smtp port", "submission"].map((check) => [
        check,
        true,
      ]),
    );
    expect(findings.find(({ check }) => check === "database")?.detail).toMatch(
      /^PostgreSQL \S+ \(embedded\), \d+ migrations to apply/,
    );

    const quiet = { ...anyPorts, ROOKERY_LOG_LEVEL: "warn" };
    const first = await rookery("migrate --json", quiet);
    expect({ code: first.code, stderr: first.stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(first.stdout).applied[0]).toMatch(/^0001.*\.sql$/);
    const second = await rookery("migrate", quiet);
    expect(second).toEqual({ code: 0, stdout: "Nothing to do: the schema is up to date.\n", stderr: "" });
    const { stdout } = await rookery("doctor", anyPorts);
    expect(stdout).toMatch(/^✓ database +PostgreSQL \S+ \(embedded\), schema up to date, in \S+\.rookery$/m);
  });
});

describe("on a terminal", () => {
  /** What it prints on a terminal, where both outputs are one. */
  async function onTerminal(line: string, settings: Settings = {}): Promise<readonly string[]> {
    const { code, lines } = await runOnTerminal(line, folder, settings);
    expect(code).toBe(0);
    return lines;
  }
  const colour = "\u001b[";

  test.skipIf(!hasTerminal)(
    "there is colour: there and nowhere else, and not with NO_COLOR (skipped because `script` is not installed)",
    async () => {
      expect((await onTerminal("config")).join("\n")).toContain(`${colour}1mROOKERY_HTTP_PORT`);
      expect((await onTerminal("--help")).join("\n")).toContain(`${colour}1mUsage:`);
      for (const line of ["config", "--help"])
        expect((await onTerminal(line, { NO_COLOR: "1" })).join("\n")).not.toContain(colour);
      for (const line of ["config", "--help", "sreve"]) {
        const { stdout, stderr } = await rookery(line);
        expect(stdout + stderr).not.toContain(colour);
      }
    },
  );

  test.skipIf(!hasTerminal)(
    "nothing is wider than 80 columns but what cannot be broken (skipped because `script` is not installed)",
    async () => {
      const settings = { NO_COLOR: "1", ...anyPorts };
      for (const line of ["config", "doctor", "--help", "serve --help"]) {
        const shown = await onTerminal(line, settings);
        expect(shown.length).toBeGreaterThan(4);
        // One word, such as a path, stays whole behind its indentation.
        for (const text of shown) expect(text.length <= 80 || /^\s*\S+$/.test(text), text).toBe(true);
      }
    },
  );
});
