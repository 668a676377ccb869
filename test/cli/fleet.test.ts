/** `rookery fleet` on a server: what a file says is there afterwards, and what goes wrong leaves nothing behind. */
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import {
  app,
  done,
  fileOf,
  fleet,
  folder,
  opened,
  prefix,
  refusal,
  secretsIn,
  useFleetFolder,
  write,
} from "./fleet-folder.ts";

useFleetFolder();

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

  test("with names and types of events that there are not is told all of them, once, with the place and what was meant", async () => {
    const hooks =
      'webhooks: [{ name: e, url: "https://hooks.example/", event_types: [message.sent, message.recieved] }]';
    const inboxes = 'inboxes: [{ role: r, address: "{tenant}@yourapp.example" }]';
    const file = (defaults: string, own: string): Promise<void> =>
      write(
        "fleet.yaml",
        `version: 1\npolicies: { standard: {} }\ndefaults:\n  ${inboxes}\n${defaults}\ntenants:\n  - ${prefix}a\n  - ${prefix}b\n  - { slug: ${prefix}c, ${own} }\n`,
      );
    await file("  policy: standart", "rules: [nowhere], policy: Standard");
    for (const command of [["plan"], ["apply", "--yes"]])
      expect((await refusal(...command)).split("\n")).toEqual([
        "error: 3 things are wrong. Nothing was sent.",
        "fleet.yaml:5:3: defaults.policy: There is no policy standart: did you mean standard?",
        expect.stringMatching(
          /^fleet\.yaml:9:\d+: tenants\[2\]\.policy: There is no policy Standard: did you mean standard\?$/,
        ),
        expect.stringMatching(
          /^fleet\.yaml:9:\d+: tenants\[2\]\.rules\[0\]: There is no rule nowhere: declare it in the document, or create it first$/,
        ),
        "",
      ]);
    await file(`  ${hooks}`, hooks);
    expect((await refusal("plan")).split("\n")).toEqual([
      "error: 2 things are wrong. Nothing was sent.",
      ...[/:5:\d+: defaults\./, /:9:\d+: tenants\[2\]\./].map((place) =>
        expect.stringMatching(
          new RegExp(
            `^fleet\\.yaml${place.source}webhooks\\[0\\]\\.event_types\\[1\\]: There are no events of the type message\\.recieved: did you mean message\\.received\\?$`,
          ),
        ),
      ),
      "",
    ]);
    expect((await app.request("GET", `/v0/pods/${prefix}a`)).status).toBe(404);
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

  test("a target that the file does not have is told before anything is sent", async () => {
    await write("fleet.yaml", fileOf("{ file: secrets.jsonl }"));
    for (const command of [["plan"], ["apply", "--yes"]])
      expect(await refusal(...command, "--target", "nobody")).toMatch(
        /^error: --target nobody: the file has no such tenant/,
      );
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
    expect(await refusal("apply", "--yes", "--prune", "--max-delete", "0", ...only)).toMatch(
      /HTTP 403.*Set --max-delete to 1 /s,
    );
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
