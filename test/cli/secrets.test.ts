import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { type Command, type Ended, runCommand, type Settings, startCommand } from "../support/command.ts";
import { createDatabase } from "../support/database.ts";
import { eventually } from "../support/eventually.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rookery-cli-"));
  await chmod(folder, 0o711);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let settings: Settings;
beforeEach(async () => {
  const database = await createDatabase();
  onTestFinished(() => database.drop());
  settings = {
    DATABASE_URL: database.url,
    ROOKERY_DATA_DIR: await mkdtemp(join(folder, "data-")),
    ROOKERY_HTTP_PORT: "0",
    ROOKERY_SERVICES: "http",
    ROOKERY_LOG_LEVEL: "warn",
  };
});

/** As on another machine, or after the directory was lost. */
const elsewhere = async (): Promise<Settings> => ({
  ...settings,
  ROOKERY_DATA_DIR: await mkdtemp(join(folder, "data-")),
});

const rookery = (line: string, change: Settings = settings): Promise<Ended> =>
  runCommand(line.split(" "), folder, change);

interface Server {
  readonly command: Command;
  readonly keyFile: string | null;
  call(path: string, key: string, body?: object): Promise<{ status: number; body: Record<string, unknown> }>;
  stop(): Promise<Ended>;
}

async function serve(change: Settings = settings): Promise<Server> {
  const command = startCommand(["serve"], folder, change);
  onTestFinished(() => void command.child.kill("SIGKILL"));
  const [, json = ""] = await command.says(/^ready (\{.*\})$/m);
  const ready = JSON.parse(json) as { http: string; keyFile: string | null };
  return {
    command,
    keyFile: ready.keyFile,
    async call(path, key, body) {
      const answer = await fetch(`${ready.http}/v0${path}`, {
        headers: { authorization: `Bearer ${key}`, ...(body && { "content-type": "application/json" }) },
        ...(body && { method: "POST", body: JSON.stringify(body) }),
      });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    },
    stop() {
      command.child.kill("SIGTERM");
      return command.ended;
    },
  };
}

const keyIn = async (server: Server): Promise<string> =>
  (await readFile(server.keyFile ?? "", "utf8")).trim();

interface ListedKey {
  readonly id: string;
  readonly name: string;
  readonly isRoot: boolean;
}

async function listedKeys(): Promise<ListedKey[]> {
  const { code, stdout, stderr } = await rookery("keys list --json");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout) as ListedKey[];
}

describe("a database whose seal key is lost", () => {
  test("starts no server and gets no second root key; after the loss is accepted its webhooks can be read again", async () => {
    const server = await serve();
    const key = await keyIn(server);
    const webhook = {
      url: "https://example.com/",
      event_types: ["message.received"],
      headers: { "X-A": "b" },
    };
    const made = await server.call("/webhooks", key, webhook);
    await server.stop();
    const lost = await elsewhere();

    const refused = await rookery("serve", lost);
    expect({ code: refused.code, stdout: refused.stdout }).toEqual({ code: 2, stdout: "" });
    expect(refused.stderr).toMatch(
      /^error: There is no \S+seal\.key, and .* 1 webhook and .* 0 domains cannot be read\. Put the seal\.key back .*`rookery reset-seal-key`.*\n$/,
    );
    expect(await listedKeys()).toHaveLength(1);
    const examined = await rookery("doctor", lost);
    expect(examined.code).toBe(1);
    expect(examined.stdout).toMatch(/^✗ seal key +There is no .*1 webhook/m);
    expect(examined.stdout).toMatch(
      /^✓ root key +.*root\.key is absent and the database has a root key, am_us_/m,
    );

    const asked = await rookery("reset-seal-key", lost);
    expect(asked.code).toBe(2);
    expect(asked.stdout).toMatch(/^Webhooks that get a new secret: 1\./);
    expect(asked.stdout).toMatch(/^Webhooks that lose their own headers: 1\./m);
    expect(asked.stderr).toMatch(/^error: Nothing was changed\..*--accept-loss/);
    expect((await rookery("serve", lost)).code, "and nothing was").toBe(2);
    const accepted = await rookery("reset-seal-key --accept-loss", lost);
    expect({ code: accepted.code, stderr: accepted.stderr }).toEqual({ code: 0, stderr: "" });
    expect(accepted.stdout).toMatch(/^Webhooks that have a new secret: 1\./);

    const again = await serve(lost);
    expect(again.keyFile, "the root key of before goes on").toBeNull();
    const { status, body } = await again.call(`/webhooks/${made.body["webhook_id"]}`, key);
    expect(status).toBe(200);
    expect(body["secret"]).toMatch(/^whsec_/);
    expect(body["secret"]).not.toBe(made.body["secret"]);
    const { stderr } = await again.stop();
    expect(stderr).toMatch(/root\.key is absent and the database has a root key.*rookery keys revoke /);
  });

  test("is not reset under a server that runs on it", async () => {
    const server = await serve();
    const { code, stderr } = await rookery("reset-seal-key --accept-loss", await elsewhere());
    expect(code).toBe(1);
    expect(stderr).toBe("error: A Rookery runs on this database. Stop all of them, then run this again.\n");
    await server.stop();
  });

  test("is not lost where the key is at hand", async () => {
    await (await serve()).stop();
    expect(await rookery("reset-seal-key --json")).toEqual({
      code: 0,
      stdout: `${JSON.stringify({ lost: { webhooks: 0, webhooksWithHeaders: 0, domains: 0, canary: false }, done: false }, null, 2)}\n`,
      stderr: "",
    });
  });
});

describe("a file of a secret that is broken", () => {
  const fileOf = (name: string): string => join(settings["ROOKERY_DATA_DIR"] ?? "", name);
  const broken = [
    ["of another form", (path: string) => writeFile(path, "not-a-key"), "is damaged: it takes "],
    ["empty", (path: string) => writeFile(path, "\n"), "is empty. "],
    ["a directory", (path: string) => mkdir(path), "is a directory and not a file. "],
  ] as const;

  test.each(broken)("seal.key %s: 2 with what to do, and nothing in its place", async (_, spoil, says) => {
    const path = fileOf("seal.key");
    await (await serve()).stop();
    const key = await readFile(path, "utf8");
    await rm(path);
    await spoil(path);
    const sentence = `${path} ${says}`;
    for (const line of ["serve", "reset-seal-key", "reset-seal-key --accept-loss"]) {
      const { code, stdout, stderr } = await rookery(line);
      expect({ code, stdout }, line).toEqual({ code: 2, stdout: "" });
      expect(stderr, line).toContain(`error: ${sentence}`);
      expect(stderr, line).toMatch(/Restore it from a backup\. .*`rookery reset-seal-key`.*\n$/);
      expect(stderr.trim().split("\n"), "and no stack").toHaveLength(1);
    }
    const examined = await rookery("doctor");
    expect(examined.code).toBe(1);
    expect(examined.stdout).toContain(sentence);
    expect(examined.stdout).toMatch(/^✗ seal key /m);
    expect(examined.stdout, "the rest is examined").toMatch(/^✓ root key +am_us_/m);
    // As editors and shells leave it.
    await rm(path, { recursive: true });
    await writeFile(path, `  ${key.trim().toUpperCase()} \r\n\n`);
    await (await serve()).stop();
  });

  test.each(broken)(
    "root.key %s: 2 with what to do, also for what calls a server",
    async (_, spoil, says) => {
      const path = fileOf("root.key");
      await spoil(path);
      for (const line of ["serve", "agent status"]) {
        const { code, stderr } = await rookery(line);
        expect(code, line).toBe(2);
        expect(stderr, line).toContain(`error: ${path} ${says}`);
        expect(stderr, line).toMatch(/Restore it from a backup\. .*ROOKERY_API_KEY\.\n$/);
      }
      expect(await listedKeys()).toEqual([]);
      expect((await rookery("doctor")).stdout).toMatch(/^✗ root key /m);
    },
  );
});

describe("ROOKERY_API_KEY", () => {
  test("that changed replaces the root key of before: that one works no more, and the log says so", async () => {
    const first = await serve();
    const old = await keyIn(first);
    const next = "am_us_0123456789abcdef0123456789abcdef";
    const second = await serve({ ...settings, ROOKERY_API_KEY: next });
    expect((await second.call("/pods", next)).status).toBe(200);
    expect((await second.call("/pods", old)).status).toBe(403);
    // The first one heard of it, too.
    await eventually("the old key's end", async () => (await first.call("/pods", old)).status === 403);
    expect((await second.stop()).stderr).toMatch(
      /ROOKERY_API_KEY replaced the root key am_us_\w{6}\.\.\. of /,
    );
    await first.stop();
    const { code, stderr } = await rookery("serve");
    expect(code, "its file holds another now").toBe(2);
    expect(stderr).toMatch(/^error: \S+root\.key holds another key than the database's root key, am_/);
  });
});

describe("keys", () => {
  test("list shows the organization's, in 80 columns and as JSON, and no secret", async () => {
    expect((await rookery("keys list")).stdout).toMatch(/^There is no key of the organization\./);
    const server = await serve();
    const key = await keyIn(server);
    await server.call("/api-keys", key, { name: "billing service" });
    await server.call(`/pods`, key, { name: "a pod" });
    await server.stop();
    const { code, stdout } = await rookery("keys list");
    expect(code).toBe(0);
    for (const line of stdout.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
    for (const shown of ["billing service", "Root key (root)", key.slice(0, 12)])
      expect(stdout).toContain(shown);
    expect(stdout).not.toContain(key);
    const keys = await listedKeys();
    expect(keys.map(({ name, isRoot }) => ({ name, isRoot }))).toEqual([
      { name: "billing service", isRoot: false },
      { name: "Root key", isRoot: true },
    ]);
    for (const { id } of keys) expect(stdout).toContain(id);
  });

  test("revoke ends a key at once, for servers that run as well, and no start brings it back", async () => {
    const server = await serve();
    const key = await keyIn(server);
    expect((await server.call("/pods", key)).status).toBe(200);
    const [root] = await listedKeys();
    const { code, stdout } = await rookery(`keys revoke ${root?.id}`);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `Revoked ${root?.id} (Root key, ${key.slice(0, 12)}...).\n`,
    });
    await eventually("the end of the key", async () => (await server.call("/pods", key)).status === 403);
    await server.stop();
    const again = await serve();
    expect(again.keyFile).toBeNull();
    expect((await again.call("/pods", key)).status).toBe(403);
    expect((await again.stop()).stderr).toMatch(/root\.key was revoked and stays so/);
    await rm(join(settings["ROOKERY_DATA_DIR"] ?? "", "root.key"));
    const third = await serve();
    expect((await third.call("/pods", await keyIn(third))).status).toBe(200);
    await third.stop();
  });

  test("revoke reports unknown ids and invalid ones", async () => {
    await (await serve()).stop();
    const [root] = await listedKeys();
    const absent = "0190a000-0000-7000-8000-000000000001";
    const { code, stdout, stderr } = await rookery(`keys revoke ${root?.id} ${absent}`);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^Revoked /);
    expect(stderr).toBe(`No key of the organization has the id ${absent}.\n`);
    const wrong = await rookery("keys revoke am_us_12");
    expect({ code: wrong.code, stdout: wrong.stdout }).toEqual({ code: 2, stdout: "" });
    expect(wrong.stderr).toMatch(/^error: am_us_12 is no id of a key/);
    expect((await rookery("keys revoke")).code).toBe(2);
    expect((await rookery(`keys revoke --json ${absent}`)).stdout).toBe(
      `${JSON.stringify({ revoked: [], absent: [absent] }, null, 2)}\n`,
    );
  });

  test("asks for the migrations that are missing", async () => {
    const client = new pg.Client({ connectionString: settings["DATABASE_URL"] });
    await client.connect();
    await client.query("delete from migrations where name = '0009_installation.sql'");
    await client.end();
    const { code, stderr } = await rookery("keys list");
    expect(code).toBe(2);
    expect(stderr).toMatch(/^error: .*Run `rookery migrate` first\.\n$/);
  });
});
