/** `rookery fleet` on a server: what a file says is there afterwards, and what goes wrong leaves nothing behind. */
import { spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { callCommand, type Ended, startProgram } from "../support/command.ts";
import { program } from "../support/program.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

let app: TestApp;
let folder: string;
beforeAll(async () => {
  app = await testApp({ ROOKERY_DOMAIN: "yourapp.example" });
});
afterAll(() => app.stop());
let count = 0;
/** Tenants of one test, whose names no other test has. */
let prefix: string;
beforeEach(async () => {
  prefix = `t${++count}`;
  folder = await mkdtemp(join(tmpdir(), "rookery-fleet-"));
  return () => rm(folder, { recursive: true, force: true });
});

const settings = () => ({
  ROOKERY_BASE_URL: app.baseUrl,
  ROOKERY_API_KEY: app.rootKey,
  ROOKERY_DOMAIN: "yourapp.example",
});
const fleet = (...args: readonly string[]): Promise<Ended> =>
  callCommand(["fleet", ...args], folder, settings());

async function done(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await fleet(...args);
  expect({ code, stderr }, args.join(" ")).toEqual({ code: 0, stderr: expect.not.stringMatching(/error:/) });
  return stdout;
}

async function refusal(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await fleet(...args);
  expect({ code, stdout }, stderr).toEqual({ code: 1, stdout: "" });
  return stderr;
}

const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);

/** Two tenants with a key each. */
const fileOf = (secrets: string, more = ""): string => `version: 1
defaults:
  inboxes:
    - role: support
      address: ${prefix}-{tenant}@yourapp.example
      keys: [{ name: agent }]
secrets: ${secrets}
tenants: [${prefix}a, ${prefix}b${more}]
`;

interface Secret {
  readonly tenant: string;
  readonly api_key: string;
}

const secretsIn = (text: string): Secret[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Secret);

/** The inbox that a key opens; null: it opens nothing. */
async function opened(key: string): Promise<string | null> {
  const { status, body } = await app.request("GET", "/v0/inboxes", { key });
  // Cast: a list of inboxes, as far as the tests look at it.
  const { inboxes = [] } = body as { inboxes?: { inbox_id: string }[] };
  return status === 200 ? (inboxes[0]?.inbox_id ?? "") : null;
}

describe("a fleet file", () => {
  test("is written by init, planned with 2, applied, and applied again changes nothing", async () => {
    expect(await done("init")).toMatch(/fleet\.yaml is written/);
    expect(await refusal("init")).toMatch(/exists already/);
    const planned = await fleet("plan");
    expect(planned.code).toBe(2);
    expect(planned.stdout).toMatch(/New tenants \(2\)\n {2}\+ acme {2}support-acme@yourapp\.example/);
    expect(planned.stdout).toMatch(/Plan: \d+ to create; 0 of 2 tenants unchanged\./);
    expect(planned.stdout).not.toContain("am_us_");
    expect(await done("apply", "--yes")).toMatch(/2 secrets in .*secrets\.jsonl/);
    expect((await stat(join(folder, "secrets.jsonl"))).mode & 0o777).toBe(0o600);
    const secrets = secretsIn(await readFile(join(folder, "secrets.jsonl"), "utf8"));
    expect(await Promise.all(secrets.map(({ api_key: key }) => opened(key)))).toEqual([
      "support-acme@yourapp.example",
      "support-globex@yourapp.example",
    ]);
    expect(await done("plan")).toMatch(/Plan: nothing to change; 2 of 2 tenants unchanged/);
    expect(await done("apply", "--yes")).toMatch(/Nothing to change/);
    expect(secretsIn(await readFile(join(folder, "secrets.jsonl"), "utf8"))).toEqual(secrets);
    expect((await fleet("drift", "--file", "fleet.yaml")).code).toBe(0);
    await done("offboard", "acme", "globex", "--now", "--yes");
  });

  test("is not needed for a list of tenants and an address", async () => {
    await write("tenants.txt", `# ours\r\n${prefix}a\r\n\r\n${prefix}b`);
    const args = ["--tenants", "tenants.txt", "--address", "support-{tenant}@yourapp.example"];
    await done("apply", "--yes", ...args);
    expect((await fleet("plan", ...args)).code).toBe(0);
    const { inboxes } = await app.client().pods.inboxes.list(`${prefix}b`);
    expect(inboxes.map(({ inboxId }) => inboxId)).toEqual([`support-${prefix}b@yourapp.example`]);
    await done("offboard", `${prefix}a`, `${prefix}b`, "--now", "--yes");
  });

  test("that is wrong is refused with 1 and every place, before anything is sent", async () => {
    await write("list.txt", `${prefix}ok\nmünchen\n${prefix}.\n`);
    await write("dots.txt", `${prefix}ok\n${prefix}.\n${prefix}ok\n${prefix}OK\n`);
    const address = ["--address", "{tenant}@yourapp.example"];
    expect(await refusal("apply", "--yes", "--tenants", "list.txt", ...address)).toMatch(
      /list\.txt:2: "münchen"/,
    );
    const said = await refusal("apply", "--yes", "--tenants", "dots.txt", ...address);
    expect(said).toMatch(/3 things are wrong\. Nothing was sent\./);
    expect(said).toMatch(/dots\.txt:2: \S+ makes the address .* dot at an end/);
    expect(said).toMatch(/dots\.txt:3: \S+ is there twice \(dots\.txt:1\)/);
    expect(said).toMatch(
      /dots\.txt:4: \S+ makes the address .* which another inbox has already \(dots\.txt:1\)/,
    );
    await write("fleet.yaml", "version: 1\ntenants: []\ndefualts: {}\n");
    expect(await refusal("plan")).toMatch(/fleet\.yaml:3:1: defualts is unknown: did you mean defaults\?/);
    await mkdir(join(folder, "folder"));
    await write("empty.txt", "\n");
    await writeFile(join(folder, "binary.txt"), Buffer.from([0x61, 0, 0x62]));
    expect(await refusal("plan", "--tenants", "folder", ...address)).toMatch(/folder is a directory/);
    expect(await refusal("plan", "--tenants", "empty.txt", ...address, "--prune")).toMatch(
      /there are no tenants in it/,
    );
    expect(await refusal("plan", "--tenants", "binary.txt", ...address)).toMatch(/NUL byte/);
    expect(await refusal("plan", "--tenants", "none.txt", ...address)).toMatch(/none\.txt does not exist/);
    expect(await refusal("plan", "--fiel", "x")).toMatch(/unknown option/);
    expect(await refusal("drift", "--file", "none.yaml")).toMatch(/none\.yaml does not exist/);
    expect((await fleet("plan", "--tenants", "list.txt")).code).toBe(1);
  });

  test("whose policies, rules and lists cannot be is refused with what it is and where it is written", async () => {
    const declared = (part: string): Promise<void> =>
      write("fleet.yaml", `version: 1\n${part}\ntenants: []\n`);
    const field = (name: string): string =>
      `rules:\n  fine: { match: { conditions: [{ field: from.domain, operator: is, value: x.example }] }, actions: [{ type: block }] }\n  typed:\n    match: { conditions: [{ field: ${name}, operator: is, value: x }] }\n    actions: [{ type: block }]`;
    await declared(field("from.domian"));
    for (const command of [["plan"], ["apply", "--yes"], ["drift"]])
      expect(await refusal(...command)).toMatch(
        /error: fleet\.yaml:5:29: rules\.typed\.match\.conditions\[0\]\.field must be one of from\.address/,
      );
    await declared("lists:\n  bad: { type: domain, items: [x.example, 'not a domain'] }");
    expect(await refusal("plan")).toMatch(
      /fleet\.yaml:3:43: lists\.bad\.items\[1\]: .* must be a domain name/,
    );
    await declared(
      "policies:\n  short:\n    limits:\n      limit_inbox_retention_period: 5\n      limit_spam_retention_period: 9",
    );
    expect(await refusal("plan")).toMatch(
      /fleet\.yaml:6:\d+: policies\.short\.limits\.limit_spam_retention_period must be smaller than/,
    );
  });

  test("with a permission that there is not is refused, and mints no key that lacks it", async () => {
    const permissions = (name: string): Promise<void> =>
      write(
        "fleet.yaml",
        fileOf("{ file: secrets.jsonl }").replace("agent }", `agent, permissions: { ${name}: true } }`),
      );
    await permissions("mesage_read");
    for (const command of [["plan"], ["apply", "--yes"]])
      expect(await refusal(...command)).toMatch(
        /fleet\.yaml:6:\d+: defaults\.inboxes\[0\]\.keys\[0\]\.permissions\.mesage_read: There is no permission mesage_read: did you mean message_read\?/,
      );
    await permissions("provider_connect");
    expect((await fleet("plan")).code).toBe(2);
  });

  test("one tenant that fails does not stop the others, and ends with 1", async () => {
    await write(
      "fleet.yaml",
      `version: 1
tenants:
  - { slug: ${prefix}bad, inboxes: [{ role: r, address: a@elsewhere.example }] }
  - { slug: ${prefix}good, inboxes: [{ role: r, address: ${prefix}good@yourapp.example }] }
`,
    );
    const { code, stdout } = await fleet("apply", "--yes");
    expect(code).toBe(1);
    expect(stdout).toMatch(new RegExp(`1 tenant failed[^]*${prefix}bad`));
    expect((await app.client().pods.inboxes.list(`${prefix}good`)).inboxes).toHaveLength(1);
    await done("offboard", `${prefix}good`, "--now", "--yes");
  });

  test("of which some is a target changes nothing else; a saved plan is applied as it is", async () => {
    await write("fleet.yaml", fileOf("{ file: secrets.jsonl }"));
    await done("apply", "--yes", "--target", `${prefix}a`);
    expect(secretsIn(await readFile(join(folder, "secrets.jsonl"), "utf8"))).toMatchObject([
      { tenant: `${prefix}a` },
    ]);
    expect((await fleet("plan", "--out", "plan.json")).code).toBe(2);
    expect(await refusal("apply", "--plan", "plan.json", "--prune")).toMatch(/options that it was made with/);
    await done("apply", "--plan", "plan.json");
    expect((await fleet("plan")).code).toBe(0);
    const stale = await refusal("apply", "--plan", "plan.json");
    expect(stale).toMatch(/plan/i);
    expect(await refusal("apply", "--plan", "fleet.yaml")).toMatch(/is no plan/);
    await done("offboard", `${prefix}a`, `${prefix}b`, "--now", "--yes");
  });
});

describe("secrets", () => {
  const apply = () => fleet("apply", "--yes");

  test("go to standard output as lines of JSON, and nothing else does", async () => {
    await write("fleet.yaml", fileOf("{ stdout: true }"));
    const { code, stdout, stderr } = await apply();
    expect(code).toBe(0);
    expect(secretsIn(stdout).map(({ tenant }) => tenant)).toEqual([`${prefix}a`, `${prefix}b`]);
    expect(stderr).toMatch(/2 secrets in standard output/);
    expect((await fleet("plan")).code).toBe(0);
  });

  test("go to a program, run for each tenant", async () => {
    await write("keep.sh", 'cat > "kept-$1"\n');
    await write("fleet.yaml", fileOf('{ command: [sh, keep.sh, "{tenant}"] }'));
    expect((await apply()).code).toBe(0);
    const [kept] = secretsIn(await readFile(join(folder, `kept-${prefix}b`), "utf8"));
    expect(kept).toMatchObject({ tenant: `${prefix}b` });
    expect(await opened(String(kept?.api_key))).toBe(`${prefix}-${prefix}b@yourapp.example`);
  });

  /** A webhook for each tenant beside what the file says. */
  const withWebhooks = (text: string): string =>
    text.replace(
      "\nsecrets:",
      '\n  webhooks: [{ name: events, url: "https://hooks.example/{tenant}", event_types: [message.received] }]\nsecrets:',
    );

  test("that a program did not take come again with the next apply: keys new, those of webhooks as they are", async () => {
    await write(
      "fleet.yaml",
      withWebhooks(fileOf("{ command: [sh, -c, 'cat > lost; echo no room >&2; exit 3'] }")),
    );
    const { code, stderr } = await apply();
    expect(code).toBe(1);
    expect(stderr).toMatch(/did not take the secrets of .*it ended with 3: no room/);
    const [lost] = secretsIn(await readFile(join(folder, "lost"), "utf8"));
    await write("fleet.yaml", withWebhooks(fileOf("{ file: secrets.jsonl }")));
    expect((await fleet("plan")).stdout).toMatch(/replace key support\/agent/);
    expect((await apply()).code).toBe(0);
    expect(await opened(String(lost?.api_key))).toBeNull();
    const kept = secretsIn(await readFile(join(folder, "secrets.jsonl"), "utf8"));
    const keys = kept.filter(({ api_key: key }) => key !== undefined);
    expect(keys).toHaveLength(2);
    for (const { api_key: key } of keys) expect(await opened(key)).not.toBeNull();
    const { webhooks } = await app.client().webhooks.list({ limit: 100 });
    const signed = kept.filter((line) => "secret" in line);
    expect(signed.map((line) => ({ ...line }))).toEqual(
      ["a", "b"].map((letter) => {
        const webhook = webhooks.find(({ url }) => url === `https://hooks.example/${prefix}${letter}`);
        return {
          ...{ tenant: `${prefix}${letter}`, name: "events" },
          ...{ webhook_id: webhook?.webhookId, secret: webhook?.secret },
        };
      }),
    );
    expect((await apply()).code).toBe(0);
    expect(secretsIn(await readFile(join(folder, "secrets.jsonl"), "utf8"))).toEqual(kept);
  });

  test("of webhooks alone are stored as well", async () => {
    const file = withWebhooks(fileOf("{ file: secrets.jsonl }")).replace(/ +keys: .*\n/, "");
    await write("fleet.yaml", file);
    expect(await done("apply", "--yes")).toMatch(/2 secrets in /);
    const stored = await readFile(join(folder, "secrets.jsonl"), "utf8");
    expect(stored.match(/"secret":"whsec_/g)).toHaveLength(2);
  });

  test("are appended behind what is there, also behind a line that was cut off", async () => {
    await write("secrets.jsonl", '{"tenant":"before"}\n{"tenant":"cut');
    await chmod(join(folder, "secrets.jsonl"), 0o600);
    await write("fleet.yaml", fileOf("{ file: secrets.jsonl }"));
    expect((await apply()).code).toBe(0);
    const lines = (await readFile(join(folder, "secrets.jsonl"), "utf8")).trimEnd().split("\n");
    expect(lines.slice(0, 2)).toEqual(['{"tenant":"before"}', '{"tenant":"cut']);
    expect(secretsIn(lines.slice(2).join("\n"))).toHaveLength(2);
  });

  test("without a place that may hold them are not minted", async () => {
    const isUnmade = async () => {
      expect((await app.request("GET", `/v0/pods/${prefix}a`)).status).toBe(404);
    };
    await write("open.jsonl", "");
    await chmod(join(folder, "open.jsonl"), 0o644);
    await symlink("/dev/full", join(folder, "link.jsonl"));
    await mkdir(join(folder, "folder.jsonl"));
    for (const [secrets, why] of [
      ["{ file: open.jsonl }", /mode 644.*chmod 600/],
      ["{ file: link.jsonl }", /cannot be written \(ELOOP\)/],
      ["{ file: /dev/full }", /no file that secrets can be kept in/],
      ["{ file: folder.jsonl }", /cannot be written \(EISDIR\)/],
      ["{ file: none/secrets.jsonl }", /cannot be written \(ENOENT\)/],
    ] as const) {
      await write("fleet.yaml", fileOf(secrets));
      const { code, stderr } = await apply();
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(why) });
      await isUnmade();
    }
    await write("fleet.yaml", fileOf("{ file: x }").replace(/^secrets.*\n/m, ""));
    expect((await apply()).stderr).toMatch(/does not say where their secrets go/);
    await isUnmade();
  });

  test("for which standard output has no room are replaced by the next apply", async () => {
    await write("fleet.yaml", fileOf("{ stdout: true }"));
    const line = `"${process.execPath}" "${program()}" fleet apply --yes > /dev/full`;
    const { code, stderr } = await startProgram(["sh", "-c", line], folder, settings()).ended;
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/could not be written.*ENOSPC/),
    });
    expect((await fleet("plan")).stdout).toMatch(/replace key support\/agent/);
    await write("fleet.yaml", fileOf("{ file: secrets.jsonl }"));
    await done("apply", "--yes");
    expect((await fleet("plan")).code).toBe(0);
  });

  const hasTmpfs = process.getuid?.() === 0 && spawnSync("mount", ["--version"]).status === 0;
  test.skipIf(!hasTmpfs)(
    "for which the disk has no room are not minted (skipped because only root mounts one)",
    async () => {
      const disk = join(folder, "disk");
      await mkdir(disk);
      const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=8k", "tmpfs", disk]);
      expect(mounted.status, String(mounted.stderr)).toBe(0);
      try {
        await writeFile(join(disk, "filler"), Buffer.alloc(4096));
        const tenants = Array.from({ length: 20 }, (_, index) => `, ${prefix}n${index}`).join("");
        await write("fleet.yaml", fileOf("{ file: disk/secrets.jsonl }", tenants));
        const { code, stderr } = await apply();
        expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/no room for secrets/) });
        expect((await app.request("GET", `/v0/pods/${prefix}a`)).status).toBe(404);
      } finally {
        spawnSync("umount", [disk]);
      }
    },
  );
});

describe("a fleet that is there", () => {
  beforeEach(async () => {
    await write("fleet.yaml", fileOf("{ file: secrets.jsonl }"));
    await done("apply", "--yes");
  });

  test("is compared: drift ends with 2 and says who changed what, status is a flat array", async () => {
    await app.client().inboxes.update(`${prefix}-${prefix}a@yourapp.example`, { displayName: "Other" });
    await write(
      "fleet.yaml",
      (await readFile(join(folder, "fleet.yaml"), "utf8")).replace(
        "keys:",
        "display_name: Support\n      keys:",
      ),
    );
    await done("apply", "--yes");
    await app.client().inboxes.update(`${prefix}-${prefix}a@yourapp.example`, { displayName: "Other" });
    const { code, stdout } = await fleet("drift");
    expect(code).toBe(2);
    expect(stdout).toMatch(/display_name: "Other" -> "Support"/);
    expect(stdout).toMatch(
      /display_name changed in Rookery since the last apply, by key \S+ at \d{4}-\d\d-\d\d \d\d:\d\d UTC \(inbox\.update\)/,
    );
    const rows = JSON.parse(await done("status", "--json")) as { tenant?: string; state: string }[];
    const own = rows.filter(({ tenant }) => tenant?.startsWith(prefix));
    expect(own).toMatchObject([
      {
        tenant: `${prefix}a`,
        state: "drift",
        health: "valid",
        addresses: [`${prefix}-${prefix}a@yourapp.example`],
      },
      { tenant: `${prefix}b`, state: "in_sync" },
    ]);
    for (const line of (await done("status")).split("\n"))
      expect([...line].length, line).toBeLessThanOrEqual(80);
  });

  test("loses a tenant by offboard, exported first, whose key is dead at once", async () => {
    const [secret] = secretsIn(await readFile(join(folder, "secrets.jsonl"), "utf8"));
    const { code, stdout, stderr } = await fleet("offboard", `${prefix}a`, "--yes", "--export", "archives");
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/is suspended/) });
    expect(stderr).toMatch(/is in the fleet file still/);
    expect((await stat(join(folder, "archives", `${prefix}a.tar`))).size).toBeGreaterThan(1000);
    expect(await opened(String(secret?.api_key))).toBeNull();
    expect(await refusal("offboard", `${prefix}b`)).toMatch(/requires confirmation/);
    expect((await fleet("offboard", `${prefix}none`, "--yes")).code).toBe(1);
  });

  test("loses those that left the file with --prune, within the cap, and takes them back", async () => {
    const only = ["--target", `${prefix}a`, "--target", `${prefix}b`];
    await write(
      "fleet.yaml",
      (await readFile(join(folder, "fleet.yaml"), "utf8")).replace(
        `[${prefix}a, ${prefix}b]`,
        `[${prefix}a]`,
      ),
    );
    expect((await fleet("plan", "--target", `${prefix}a`)).code).toBe(0);
    expect(await refusal("apply", "--yes", "--prune", "--max-delete", "0", ...only)).toMatch(/HTTP 4\d\d/);
    const planned = await fleet("plan", "--prune", ...only);
    expect(planned).toMatchObject({ code: 2, stdout: expect.stringMatching(/Removed tenants \(1\)/) });
    const orphans = async (): Promise<string> =>
      /\d+ orphans?/.exec((await fleet("plan")).stdout)?.[0] ?? "none";
    const before = await orphans();
    expect(await refusal("apply", "--yes", "--export", "removed", ...only)).toMatch(
      /--export goes with --prune/,
    );
    expect(await done("apply", "--yes", "--prune", "--export", "removed", ...only)).toMatch(/suspend/);
    expect((await stat(join(folder, "removed", `${prefix}b.tar`))).size).toBeGreaterThan(1000);
    // Who is on the way out is none, as for status and drift.
    expect(await orphans()).not.toBe(before);
    const secrets = secretsIn(await readFile(join(folder, "secrets.jsonl"), "utf8"));
    expect(await opened(String(secrets[1]?.api_key))).toBeNull();
    await write("fleet.yaml", fileOf("{ file: secrets.jsonl }"));
    expect((await fleet("plan", ...only)).stdout).toMatch(/~ resume pod/);
    await done("apply", "--yes", ...only);
    expect(await opened(String(secrets[1]?.api_key))).not.toBeNull();
  });

  test("has new secrets after a rotation, and the old ones for as long as they overlap", async () => {
    const before = secretsIn(await readFile(join(folder, "secrets.jsonl"), "utf8"));
    await done("rotate-keys", "--overlap", "1h", "--yes", "--target", `${prefix}a`);
    await done("rotate-keys", "--overlap", "0", "--yes", "--target", `${prefix}b`);
    const after = secretsIn(await readFile(join(folder, "secrets.jsonl"), "utf8")).slice(before.length);
    expect(after.map(({ tenant }) => tenant)).toEqual([`${prefix}a`, `${prefix}b`]);
    for (const { api_key: key } of after) expect(await opened(key)).not.toBeNull();
    expect(await Promise.all(before.map(async ({ api_key: key }) => (await opened(key)) !== null))).toEqual([
      true,
      false,
    ]);
    expect((await fleet("plan")).code).toBe(0);
    expect(await refusal("rotate-keys", "--overlap", "soon", "--yes")).toMatch(/such as 24h/);
    expect(await refusal("rotate-keys", "--overlap", "1h", "--key", "none", "--yes")).toMatch(
      /there are agent/,
    );
    expect(await refusal("rotate-keys", "--overlap", "1h", "--target", "none", "--yes")).toMatch(
      /The file has no tenant none\./,
    );
  });

  test("loses a policy that the file declares still, under the name that it has there", async () => {
    const own = `${prefix}policy`;
    const withPolicy = (await readFile(join(folder, "fleet.yaml"), "utf8")).replace(
      "defaults:",
      `policies: { ${own}: {} }\ndefaults:\n  policy: ${own}`,
    );
    await write("fleet.yaml", withPolicy);
    await done("apply", "--yes");
    await write("fleet.yaml", withPolicy.replace(`  policy: ${own}`, "  policy: null"));
    expect((await fleet("plan")).stdout).toContain(`policy: "${own}" -> none`);
  });

  test("with more than the file says has nothing to change, and is unchanged", async () => {
    await app.client().pods.inboxes.create(`${prefix}a`, { username: `${prefix}-extra` });
    const { code, stdout } = await fleet("plan");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Tenants with more than the file \(1\)\n/);
    expect(stdout).toMatch(
      /Plan: nothing to change; 2 of 2 tenants unchanged\.\nBesides: 1 beyond the file, left as they are/,
    );
    expect(stdout).not.toMatch(/somebody else/);
    expect((await fleet("drift")).code).toBe(2);
    await app.client().inboxes.delete(`${prefix}-extra@yourapp.example`);
  });

  test("comes out of an import as a file that plans nothing", async () => {
    await done("import", "--file", "imported.yaml");
    const imported = parse(await readFile(join(folder, "imported.yaml"), "utf8")) as {
      tenants: (string | { slug: string })[];
    };
    const slugs = imported.tenants.map((tenant) => (typeof tenant === "string" ? tenant : tenant.slug));
    expect(slugs).toEqual(expect.arrayContaining([`${prefix}a`, `${prefix}b`]));
    const { code, stdout } = await fleet("plan", "--file", "imported.yaml");
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/nothing to change/) });
  });
});
