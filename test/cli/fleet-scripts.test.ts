/** The scripts of examples/nylas-scripts as a shell runs them, on a server. */
import { spawn, spawnSync } from "node:child_process";
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Ended } from "../support/command.ts";
import { program } from "../support/program.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

const scripts = fileURLToPath(new URL("../../examples/nylas-scripts/", import.meta.url));
const hasJq = spawnSync("jq", ["--version"]).status === 0;

let app: TestApp;
let folder: string;
beforeEach(async () => {
  app = await testApp({ ROOKERY_SERVICES: "http", ROOKERY_DOMAIN: "yourapp.nylas.email" });
  folder = await mkdtemp(join(tmpdir(), "rookery-scripts-"));
  await cp(join(scripts, "tenants.txt"), join(folder, "tenants.txt"));
  await writeFile(join(folder, "rookery"), `#!/bin/sh\nexec "${process.execPath}" "${program()}" "$@"\n`);
  await chmod(join(folder, "rookery"), 0o755);
});
afterEach(async () => {
  await app.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Runs a script of the examples, or a line of its own, where `rookery` is on the path and no terminal is. */
function bash(...args: readonly string[]): Promise<Ended> {
  const child = spawn("bash", args, {
    cwd: folder,
    env: {
      PATH: `${folder}:${process.env["PATH"] ?? ""}`,
      ROOKERY_BASE_URL: app.baseUrl,
      ROOKERY_API_KEY: app.rootKey,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr })));
}

const script = (name: string): Promise<Ended> => bash(join(scripts, name));
const line = (text: string): Promise<Ended> => bash("-c", text);

const addressOf = (tenant: string): string => `support-${tenant}@yourapp.nylas.email`;

/** Addresses that the server has, by the other dialect. */
async function addresses(): Promise<string[]> {
  const { inboxes } = await app.client().inboxes.list({ limit: 100 });
  return inboxes.map(({ inboxId }) => inboxId).sort();
}

test("1-bulk-create creates the account of each tenant; run again it stops at the first, with 1, and changes nothing", async () => {
  // Without a line end at its end, as editors leave it.
  await writeFile(join(folder, "tenants.txt"), "acme\n\nglobex");
  const first = await script("1-bulk-create.sh");
  expect({ code: first.code, stderr: first.stderr }).toEqual({ code: 0, stderr: "" });
  expect(await addresses()).toEqual(["acme", "globex"].map(addressOf));
  const again = await script("1-bulk-create.sh");
  expect({ code: again.code, stdout: again.stdout }).toEqual({ code: 1, stdout: "" });
  expect(again.stderr).toMatch(/^error: .*HTTP 409/);
  expect(again.stderr.trim().split("\n")).toHaveLength(1);
  expect(await addresses()).toEqual(["acme", "globex"].map(addressOf));
});

test("2-reconcile creates what is missing, and run again nothing", async () => {
  await line(`rookery agent account create ${addressOf("globex")}`);
  const first = await script("2-reconcile.sh");
  expect({ code: first.code, stderr: first.stderr }).toEqual({ code: 0, stderr: "" });
  expect(first.stdout.match(/^(skip|created): .*$/gm)).toEqual([
    `created: ${addressOf("acme")}`,
    `skip: ${addressOf("globex")} already exists`,
    `created: ${addressOf("initech")}`,
  ]);
  const before = await line("rookery agent account list --json");
  const second = await script("2-reconcile.sh");
  expect(second).toEqual({
    code: 0,
    stdout: ["acme", "globex", "initech"]
      .map((tenant) => `skip: ${addressOf(tenant)} already exists\n`)
      .join(""),
    stderr: "",
  });
  expect(await line("rookery agent account list --json")).toEqual(before);
});

test("creates in the background of one another: each address once", async () => {
  const { code } = await line(
    'for tenant in a b c a b c; do rookery agent account create "support-$tenant@yourapp.nylas.email" >/dev/null 2>&1 & done; wait',
  );
  expect(code).toBe(0);
  expect(await addresses()).toEqual(["a", "b", "c"].map(addressOf));
});

test.skipIf(!hasJq)(
  "3-shared-policy creates a policy with its limits, which governs accounts once their workspace has it (skipped because jq is not installed)",
  async () => {
    const { code, stderr } = await script("3-shared-policy.sh");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { stdout } = await line("rookery agent policy list --json");
    const limits = { limit_count_daily_message_per_grant: 500, limit_attachment_count_limit: 10 };
    expect(JSON.parse(stdout)).toMatchObject([{ name: "Tenant agent baseline", limits }]);
    const attached = await line(`set -e
      workspace=$(rookery workspace list --json | jq -r '.[] | select(.default) | .workspace_id')
      rookery workspace update "$workspace" --policy-id "$(rookery agent policy list --quiet | head -n 1)" --quiet
      rookery agent account create ${addressOf("acme")} --json | jq -r .settings.policy_id
      rookery agent policy list --quiet`);
    expect(attached.stderr).toBe("");
    const [, effective, policy] = attached.stdout.trim().split("\n");
    expect(effective).toBe(policy);
  },
);

test.skipIf(!hasJq)(
  "4-inventory counts accounts, names those that are broken, and lists all (skipped because jq is not installed)",
  async () => {
    await script("2-reconcile.sh");
    const healthy = await script("4-inventory.sh");
    expect(healthy).toEqual({ code: 0, stdout: "3\n", stderr: "" });
    expect(await readFile(join(folder, "provisioned.txt"), "utf8")).toBe(
      `${["acme", "globex", "initech"].map(addressOf).join("\n")}\n`,
    );
    await line(`rookery agent account pause ${addressOf("globex")}`);
    expect((await script("4-inventory.sh")).stdout).toBe(`3\n${addressOf("globex")}\n`);
    await line(`rookery agent account resume ${addressOf("globex")}`);
    expect((await script("4-inventory.sh")).stdout).toBe("3\n");
  },
);

test("5-offboard deletes the account that it says it deleted, and says when there is none", async () => {
  await script("2-reconcile.sh");
  const first = await script("5-offboard.sh");
  expect({ code: first.code, stderr: first.stderr }).toEqual({ code: 0, stderr: "" });
  expect(first.stdout).toMatch(new RegExp(`^deleted: ${addressOf("acme")}$`, "m"));
  expect(await addresses()).toEqual(["globex", "initech"].map(addressOf));
  expect(await script("5-offboard.sh")).toEqual({
    code: 0,
    stdout: `not found: ${addressOf("acme")}\n`,
    stderr: "",
  });
  // The address is free again, for an account with another id.
  expect((await line(`rookery agent account create ${addressOf("acme")} --quiet`)).code).toBe(0);
});
