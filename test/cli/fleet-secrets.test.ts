/** `rookery fleet`: secrets of keys and webhooks are where the file says, whatever becomes of an apply. */
import { spawnSync } from "node:child_process";
import { chmod, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { startCommand, startProgram } from "../support/command.ts";
import { program } from "../support/program.ts";
import {
  app,
  done,
  fileOf,
  fleet,
  folder,
  opened,
  prefix,
  secretsIn,
  settings,
  useFleetFolder,
  write,
} from "./fleet-folder.ts";

useFleetFolder();

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

  test("of an apply that Ctrl-C ends are stored up to there; it says how far it came, and the next one goes on", async () => {
    // It is interrupted as it takes the first secrets: whatever it is given with them it keeps.
    await write("keep.sh", 'cat >> kept; [ -e told ] || { touch told; kill -INT "$PPID"; }\n');
    const tenants = Array.from({ length: 299 }, (_, index) => `, ${prefix}i${index}`).join("");
    await write("fleet.yaml", fileOf("{ command: [sh, keep.sh] }", tenants));
    const { code, stdout, stderr } = await startCommand(["fleet", "apply", "--yes"], folder, settings())
      .ended;
    expect({ code, stdout }, stderr).toEqual({ code: 130, stdout: "" });
    expect(stderr).toMatch(/^The apply stops behind the tenants/m);
    expect(stderr).toMatch(/Interrupted at [1-9]\d* of 301 tenants\. .*run it again, it goes on/s);
    const kept = async () => secretsIn(await readFile(join(folder, "kept"), "utf8"));
    const before = (await kept()).length;
    expect(before).toBeGreaterThan(0);
    expect(await done("apply", "--yes")).toMatch(/301 tenants as they should be/);
    const works = await Promise.all(
      (await kept()).map(async (secret) => (await opened(secret.api_key)) !== null),
    );
    expect(works.filter(Boolean)).toHaveLength(301);
    // Nothing that was stored before is replaced.
    expect(works.slice(0, before).every(Boolean)).toBe(true);
    expect((await fleet("plan")).code).toBe(0);
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
