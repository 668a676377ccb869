import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Command, startCommand } from "../support/command.ts";
import { eventually } from "../support/eventually.ts";

let folder: string;
const started: Command[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rookery-cli-"));
  await mkdir(join(folder, "tmp"));
  // PostgreSQL runs as another account when the tests run as root, and passes through.
  for (const path of [folder, join(folder, "tmp")]) await chmod(path, 0o711);
});
afterAll(async () => {
  for (const { child } of started) child.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

/** Its temporary files go where they can be counted. */
async function demo(tenants: string, ...options: string[]): Promise<Command> {
  await writeFile(join(folder, "tenants.txt"), tenants);
  const args = ["demo", "--tenants", "tenants.txt", ...options];
  const command = startCommand(args, folder, { TMPDIR: join(folder, "tmp") });
  started.push(command);
  return command;
}

const left = async (): Promise<string[]> =>
  (await readdir(join(folder, "tmp"))).filter((name) => name.startsWith("rookery-demo-"));

describe("demo", () => {
  test("--keep --json prints one JSON document, serves until a signal, and leaves nothing behind", async () => {
    const command = await demo("acme acme-mail.com", "--keep", "--json");
    await command.says(/Ctrl-C ends the server/);
    const [json = ""] = await command.says(/^\{\n[\s\S]*?^\}$/m);
    const { tenants, server } = JSON.parse(json);
    expect(tenants).toEqual([
      expect.objectContaining({ tenant: { slug: "acme", domain: "acme-mail.com" }, mails: 2, webhooks: 2 }),
    ]);
    const headers = { authorization: `Bearer ${server.apiKey}` };
    expect((await fetch(`${server.http}/v0/pods`, { headers })).status).toBe(200);
    expect(await left()).toHaveLength(1);
    command.child.kill("SIGINT");
    const { code, stdout, stderr } = await command.ended;
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(
        /^Starting Rookery and its PostgreSQL in \S+ \.\.\.\nCtrl-C ends the server and removes its directory\.\n$/,
      ),
    });
    expect(JSON.parse(stdout).server).toEqual(server);
    expect(stdout, "keys of tenants stay out of the result").not.toMatch(/am_us_(pod|inbox)_\w{40}/);
    expect(await left()).toEqual([]);
  });

  test("what people see fits into 80 columns, and says what was shown", async () => {
    const { code, stdout } = await (await demo("acme acme-mail.com\nglobex globex-mail.com")).ended;
    expect(code).toBe(0);
    for (const line of stdout.split("\n")) expect(line.length, line).toBeLessThanOrEqual(80);
    for (const shown of [
      "support-globex@rookery.localhost",
      "2 verified",
      "reply arrives",
      "changed nothing",
    ])
      expect(stdout).toContain(shown);
  });

  test("a step that fails is named with its tenant and why, ends it with 1 even with --keep, and nothing is left", async () => {
    const command = await demo("acme acme-mail.com\nglobex rookery.localhost", "--keep", "--json");
    const { code, stdout, stderr } = await command.ended;
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^error: globex: step "domain" failed: .+/m);
    expect(stderr).not.toContain("    at ");
    expect(await left()).toEqual([]);
  });

  test("a signal in the midst of it ends it with 1, and leaves no server and no directory", async () => {
    const command = await demo("acme acme-mail.com");
    await eventually("its directory", async () => (await left()).length > 0);
    command.child.kill("SIGINT");
    const { code, stdout, stderr } = await command.ended;
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr.split("\n").slice(1)).toEqual([
      "Interrupted before the demo was done. Its server stops, and its directory is removed.",
      "",
    ]);
    expect(await left()).toEqual([]);
  });

  test.each([
    ["", /tenants\.txt names no tenant/],
    [
      "acme a.com\n\nglobex b.com\nacme c.com",
      /tenants\.txt, line 4: the slug acme is on line 1 already\. Each tenant takes a slug of its own\.\n/,
    ],
    ["# a comment\nacme", /tenants\.txt, line 2: expected a slug and a domain, not: acme\n/],
  ])("a file of tenants that has none, or a line that is none, ends it with 2: %j", async (tenants, says) => {
    const { code, stdout, stderr } = await (await demo(tenants)).ended;
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toMatch(says);
    expect(await left()).toEqual([]);
  });

  test("without a folder for temporary files it says which it wants, and ends with 1", async () => {
    const TMPDIR = join(folder, "none");
    const { code, stdout, stderr } = await startCommand(["demo"], folder, { TMPDIR }).ended;
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toBe(
      `error: Cannot create a directory in ${TMPDIR} (ENOENT). Set TMPDIR to an existing, writable folder.\n`,
    );
  });

  test("a file of tenants that is not there is named, and ends it with 2", async () => {
    const { code, stderr } = await startCommand(["demo", "--tenants", "none.txt"], folder).ended;
    expect(code).toBe(2);
    expect(stderr).toBe(
      "error: none.txt cannot be read (ENOENT): --tenants takes a file with one tenant per line.\n",
    );
  });
});
