/** The code in README and guides, run as given: only the server's address is replaced. */
import { spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "./support/database.ts";
import { type ServerProcess, startServer } from "./support/server-process.ts";

const checkout = fileURLToPath(new URL("..", import.meta.url));

let folder: string;
let database: TestDatabase;
let server: ServerProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rookery-samples-"));
  await chmod(folder, 0o711);
  // What `npm install agentmail nylas` leaves.
  await mkdir(join(folder, "node_modules"));
  await mkdir(join(folder, "node_modules/@modelcontextprotocol"));
  for (const name of ["agentmail", "nylas", "svix", "@modelcontextprotocol/client"])
    await symlink(join(checkout, "node_modules", name), join(folder, "node_modules", name));
  database = await createDatabase();
  // As `npm start` without settings, which allows no private targets.
  const settings = { DATABASE_URL: database.url, ROOKERY_ALLOW_PRIVATE_TARGETS: "0" };
  server = await startServer(join(folder, "data"), settings);
});
afterAll(async () => {
  await server.end();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

/** Writes the block of a page that follows its file's name into the folder. */
async function writeSample(page: string, name: string): Promise<void> {
  const text = await readFile(join(checkout, page), "utf8");
  const block = text.split(`${name}\``).at(-1)?.split("\n```")[1];
  const code = block?.slice(block.indexOf("\n") + 1) ?? "";
  expect(code, `${page} shows ${name}`).toContain("127.0.0.1:8080");
  const { host } = new URL(server.baseUrl);
  await writeFile(join(folder, name), `${code.replaceAll("127.0.0.1:8080", host)}\n`);
}

function run(program: string, ...args: string[]): string {
  const env = {
    PATH: process.env["PATH"] ?? "",
    AGENTMAIL_API_KEY: server.rootKey,
    ROOKERY_API_KEY: server.rootKey,
    ROOKERY_BASE_URL: server.baseUrl,
  };
  const { stdout, stderr, status } = spawnSync(program, args, { cwd: folder, env, encoding: "utf8" });
  expect({ status, stderr, stdout }).toEqual({ status: 0, stderr: "", stdout: expect.any(String) });
  return stdout;
}

const tenants = (keys: string): RegExp =>
  new RegExp(
    `^${["acme", "globex"].map((slug) => `${slug} \\S+ support-${slug}@\\S+ ep_\\S+ ${keys}\n`).join("")}$`,
  );

const idsOf = (output: string): string[] =>
  output.split("\n").map((line) => line.split(" ").slice(0, 4).join(" "));

describe("TypeScript", () => {
  test("the README's first inbox runs, twice, and its types are right", async () => {
    await writeSample("README.md", "first-inbox.mts");
    for (let round = 0; round < 2; round++)
      expect(run(process.execPath, "first-inbox.mts")).toBe("support-acme@rookery.localhost has mail.\n");
    const check = ["--noEmit", "--skipLibCheck", "--module", "nodenext", "--target", "esnext", "--types", ""];
    run(process.execPath, join(checkout, "node_modules/typescript/bin/tsc"), ...check, "first-inbox.mts");
  });

  test("the guide's listener hears of a mail over its WebSocket", async () => {
    await writeSample("docs/guides/websockets.md", "listen.mts");
    expect(run(process.execPath, "listen.mts")).toBe('listener@rookery.localhost has "Hello".\n');
  });

  test("the guide's consumer fetches a mail's event, and commits it", async () => {
    await writeSample("docs/guides/polling.md", "poll.mts");
    expect(run(process.execPath, "poll.mts")).toBe('polled@rookery.localhost has "Hello".\n');
  });

  test("the guide's onboarding makes two tenants, and run again changes nothing", async () => {
    await writeSample("docs/guides/onboard-tenants.md", "onboard.mts");
    const first = run(process.execPath, "onboard.mts");
    expect(first).toMatch(tenants("has new keys"));
    const second = run(process.execPath, "onboard.mts");
    expect(second).toMatch(tenants("had its keys"));
    expect(idsOf(second)).toEqual(idsOf(first));
  });
});

describe("the guides of those who come from a vendor", () => {
  test("AgentMail's clients count the same inboxes as Nylas's", async () => {
    await writeSample("docs/guides/coming-from-agentmail.md", "list-inboxes.mts");
    await writeSample("docs/guides/coming-from-nylas.md", "count-accounts.mts");
    const count = run(process.execPath, "list-inboxes.mts");
    expect(count).toMatch(/^[1-9]\d*\n$/);
    expect(run(process.execPath, "count-accounts.mts")).toBe(count);
  });

  const hasPython = (name: string): boolean => spawnSync("python3", ["-c", `import ${name}`]).status === 0;
  test.skipIf(!hasPython("agentmail"))(
    "in Python as well (skipped because its package agentmail is not installed)",
    async () => {
      await writeSample("docs/guides/coming-from-agentmail.md", "list_inboxes.py");
      expect(run("python3", "list_inboxes.py")).toMatch(/^[1-9]\d*\n$/);
    },
  );
  test.skipIf(!hasPython("nylas"))(
    "in Python as well (skipped because its package nylas is not installed)",
    async () => {
      await writeSample("docs/guides/coming-from-nylas.md", "count_accounts.py");
      expect(run("python3", "count_accounts.py")).toMatch(/^[1-9]\d*\n$/);
    },
  );
});

test("the guide of drafts has one approved, and another scheduled and cancelled", async () => {
  await writeSample("docs/guides/drafts.md", "approve.mts");
  expect(run(process.execPath, "approve.mts")).toBe(
    "sent: Hello, here is your invoice.\nscheduled [ 'scheduled' ]\n[]\n",
  );
});

describe("the guide of MCP", () => {
  test("a client over HTTP has the tools, and sends", async () => {
    await writeSample("docs/guides/mcp.md", "mcp-tools.mts");
    expect(run(process.execPath, "mcp-tools.mts")).toBe(
      "more than ten tools\nmcp-example@rookery.localhost has sent a mail.\n",
    );
  });

  test("an agent gets a key with some permissions", async () => {
    await writeSample("docs/guides/mcp.md", "mcp-key.sh");
    expect(JSON.parse(run("sh", "mcp-key.sh"))).toMatchObject({ permissions: { message_send: true } });
  });
});

const hasPythonClient = spawnSync("python3", ["-c", "import agentmail"]).status === 0;

describe.skipIf(!hasPythonClient)("Python (skipped because its package agentmail is not installed)", () => {
  test("the README's first inbox runs", async () => {
    await writeSample("README.md", "first_inbox.py");
    expect(run("python3", "first_inbox.py")).toBe("support-acme@rookery.localhost has mail.\n");
  });

  test("the guide's listener hears of a mail over its WebSocket", async () => {
    await writeSample("docs/guides/websockets.md", "listen.py");
    expect(run("python3", "listen.py")).toBe('listener-py@rookery.localhost has "Hello".\n');
  });

  test("the guide's onboarding finds the two tenants, however they were made", async () => {
    await writeSample("docs/guides/onboard-tenants.md", "onboard.py");
    const first = run("python3", "onboard.py");
    expect(first).toMatch(tenants("(has new|had its) keys"));
    const second = run("python3", "onboard.py");
    expect(second).toMatch(tenants("had its keys"));
    expect(idsOf(second)).toEqual(idsOf(first));
  });

  test("methods that work have the names that docs/compatibility.md gives", async () => {
    const page = await readFile(join(checkout, "docs/compatibility.md"), "utf8");
    const names = [...page.matchAll(/^\| `[\w.]+` \| `([\w.]+)` \| .* \| works \| .* \|$/gm)].map(
      ([, name]) => name,
    );
    expect(names.length).toBeGreaterThan(80);
    await writeFile(
      join(folder, "names.py"),
      `import functools
from agentmail import AgentMail
client = AgentMail(api_key="none")
def has(name):
    try:
        return functools.reduce(getattr, name.split("."), client) is not None
    except AttributeError:
        return False
print(*[name for name in ${JSON.stringify(names)} if not has(name)])
`,
    );
    expect(run("python3", "names.py")).toBe("\n");
  });
});
