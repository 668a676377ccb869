/** The files of examples/fleet and examples/nightly as a shell runs them, on a server. */
import { spawnSync } from "node:child_process";
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Ended, startProgram } from "../support/command.ts";
import { program } from "../support/program.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

const examples = fileURLToPath(new URL("../../examples/", import.meta.url));
const hasJq = spawnSync("jq", ["--version"]).status === 0;

let app: TestApp;
let folder: string;
beforeEach(async () => {
  app = await testApp({ ROOKERY_SERVICES: "http", ROOKERY_DOMAIN: "yourapp.example" });
  folder = await mkdtemp(join(tmpdir(), "rookery-examples-"));
  await cp(join(examples, "fleet"), folder, { recursive: true });
  await writeFile(join(folder, "rookery"), `#!/bin/sh\nexec "${process.execPath}" "${program()}" "$@"\n`);
  await chmod(join(folder, "rookery"), 0o755);
});
afterEach(async () => {
  await app.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A line of a shell, where `rookery` is on the path and no terminal is. */
const shell = (line: string): Promise<Ended> =>
  startProgram(["bash", "-c", line], folder, {
    PATH: `${folder}:${process.env["PATH"] ?? ""}`,
    ROOKERY_BASE_URL: app.baseUrl,
    ROOKERY_API_KEY: app.rootKey,
  }).ended;

async function addresses(): Promise<string[]> {
  const { inboxes } = await app.client().inboxes.list({ limit: 100 });
  return inboxes.map(({ inboxId }) => inboxId).sort();
}

const tenants = ["acme", "globex", "initech"].map((slug) => `support-${slug}@yourapp.example`);

test.skipIf(!hasJq)(
  "the four jobs: create, run again, inventory and drift, teardown (skipped because jq is not installed)",
  async () => {
    expect((await shell("./provision.sh")).code).toBe(0);
    expect(await addresses()).toEqual(tenants);
    const again = await shell("./provision.sh");
    expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/Nothing to change/) });
    const inventory = await shell("./inventory.sh");
    expect(inventory).toEqual({ code: 0, stdout: "3\n", stderr: "" });
    expect((await shell("./offboard.sh acme")).code).toBe(0);
    expect((await shell("./offboard.sh")).stderr).toMatch(/usage: offboard\.sh <tenant>/);
    // One that is off the list and on its way out is as it should be.
    await shell("sed -i /acme/d tenants.txt");
    expect((await shell("rookery fleet drift --file account-per-tenant.yaml")).code).toBe(0);
    // And over the other dialect: the accounts that are left, with their policy.
    const { stdout } = await shell(
      "rookery agent account list --json | jq -r '.[].settings.policy_id // empty' | sort -u",
    );
    expect(stdout.trim().split("\n")).toHaveLength(1);
  },
);

test("an account for each role, and one that is shared: each key opens its own inbox", async () => {
  for (const [file, opens] of [
    [
      "account-per-role.yaml",
      ["billing@yourapp.example", "sales@yourapp.example", "support@yourapp.example"],
    ],
    ["shared-account.yaml", Array(3).fill("agents@yourapp.example")],
  ] as const) {
    const { code, stderr } = await shell(`rm -f secrets.jsonl; rookery fleet apply --yes --file ${file}`);
    expect({ code, stderr }, file).toEqual({ code: 0, stderr: "" });
    const secrets = (await readFile(join(folder, "secrets.jsonl"), "utf8")).trimEnd().split("\n");
    const reached = await Promise.all(
      secrets.map(async (line) => {
        // Cast: a secret's line, as the guide describes it.
        const { api_key: key } = JSON.parse(line) as { api_key: string };
        const { body } = await app.request("GET", "/v0/auth/me", { key });
        return (body as { inbox_id?: string }).inbox_id;
      }),
    );
    expect(reached.sort(), file).toEqual(opens);
    expect((await shell(`rookery fleet plan --file ${file}`)).code).toBe(0);
  }
});

test("the nightly line prints nothing while nothing differs, and then what does", async () => {
  const crontab = await readFile(join(examples, "nightly/crontab"), "utf8");
  const line = crontab
    .split("\n")
    .find((text) => /^\d/.test(text))
    ?.replace(/^(\S+ ){5}/, "")
    .replace("cd /etc/rookery", `cd "${folder}"`);
  await writeFile(join(folder, "api.key"), app.rootKey);
  await shell("cp account-per-tenant.yaml fleet.yaml && ./provision.sh");
  expect(await shell(String(line))).toEqual({ code: 0, stdout: "", stderr: "" });
  await app.client().pods.create({ clientId: "stray" });
  await app.client().inboxes.update("support-acme@yourapp.example", { displayName: "Mallory" });
  const { stdout } = await shell(String(line));
  expect(stdout).toMatch(/stray: in Rookery, not in the file/);
  expect(stdout).toMatch(/display_name: "Mallory" -> "acme support"/);
});
