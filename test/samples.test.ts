/** The code in README and guides, run as given: only the server's address is replaced. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkout, hasPython, openSamples, type Samples } from "./support/samples.ts";

let samples: Samples;
beforeAll(async () => {
  // As `npm start` without settings, which allows no private targets.
  samples = await openSamples({ ROOKERY_ALLOW_PRIVATE_TARGETS: "0" });
});
afterAll(async () => samples.stop());

const writeSample = (page: string, name: string): Promise<void> => samples.write(page, name);
const run = (program: string, ...args: string[]): Promise<string> => samples.run(program, ...args);

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
      expect(await run(process.execPath, "first-inbox.mts")).toBe(
        "support-acme@rookery.localhost has mail.\n",
      );
    const check = ["--noEmit", "--skipLibCheck", "--module", "nodenext", "--target", "esnext", "--types", ""];
    await run(
      process.execPath,
      join(checkout, "node_modules/typescript/bin/tsc"),
      ...check,
      "first-inbox.mts",
    );
  });

  test("the guide's listener hears of a mail over its WebSocket", async () => {
    await writeSample("docs/guides/websockets.md", "listen.mts");
    expect(await run(process.execPath, "listen.mts")).toBe('listener@rookery.localhost has "Hello".\n');
  });

  test("the guide's consumer fetches a mail's event, and commits it", async () => {
    await writeSample("docs/guides/polling.md", "poll.mts");
    expect(await run(process.execPath, "poll.mts")).toBe('polled@rookery.localhost has "Hello".\n');
  });

  test("the guide's onboarding makes two tenants, and run again changes nothing", async () => {
    await writeSample("docs/guides/onboard-tenants.md", "onboard.mts");
    const first = await run(process.execPath, "onboard.mts");
    expect(first).toMatch(tenants("has new keys"));
    const second = await run(process.execPath, "onboard.mts");
    expect(second).toMatch(tenants("had its keys"));
    expect(idsOf(second)).toEqual(idsOf(first));
  });
});

describe("the guides of those who come from a vendor", () => {
  test("AgentMail's clients count the same inboxes as Nylas's", async () => {
    await writeSample("docs/guides/coming-from-agentmail.md", "list-inboxes.mts");
    await writeSample("docs/guides/coming-from-nylas.md", "count-accounts.mts");
    const count = await run(process.execPath, "list-inboxes.mts");
    expect(count).toMatch(/^[1-9]\d*\n$/);
    expect(await run(process.execPath, "count-accounts.mts")).toBe(count);
  });

  test.skipIf(!hasPython("agentmail"))(
    "in Python as well (skipped because its package agentmail is not installed)",
    async () => {
      await writeSample("docs/guides/coming-from-agentmail.md", "list_inboxes.py");
      expect(await run("python3", "list_inboxes.py")).toMatch(/^[1-9]\d*\n$/);
    },
  );
  test.skipIf(!hasPython("nylas"))(
    "in Python as well (skipped because its package nylas is not installed)",
    async () => {
      await writeSample("docs/guides/coming-from-nylas.md", "count_accounts.py");
      expect(await run("python3", "count_accounts.py")).toMatch(/^[1-9]\d*\n$/);
    },
  );
});

test("the guide of drafts has one approved, and another scheduled and cancelled", async () => {
  await writeSample("docs/guides/drafts.md", "approve.mts");
  expect(await run(process.execPath, "approve.mts")).toBe(
    "sent: Hello, here is your invoice.\nscheduled [ 'scheduled' ]\n[]\n",
  );
});

describe("the guide of MCP", () => {
  test("a client over HTTP has the tools, and sends", async () => {
    await writeSample("docs/guides/mcp.md", "mcp-tools.mts");
    expect(await run(process.execPath, "mcp-tools.mts")).toBe(
      "more than ten tools\nmcp-example@rookery.localhost has sent a mail.\n",
    );
  });

  test("an agent gets a key with some permissions", async () => {
    await writeSample("docs/guides/mcp.md", "mcp-key.sh");
    expect(JSON.parse(await run("sh", "mcp-key.sh"))).toMatchObject({ permissions: { message_send: true } });
  });
});

describe.skipIf(!hasPython("agentmail"))(
  "Python (skipped because its package agentmail is not installed)",
  () => {
    test("the README's first inbox runs", async () => {
      await writeSample("README.md", "first_inbox.py");
      expect(await run("python3", "first_inbox.py")).toBe("support-acme@rookery.localhost has mail.\n");
    });

    test("the guide's listener hears of a mail over its WebSocket", async () => {
      await writeSample("docs/guides/websockets.md", "listen.py");
      expect(await run("python3", "listen.py")).toBe('listener-py@rookery.localhost has "Hello".\n');
    });

    test("the guide's onboarding finds the two tenants, however they were made", async () => {
      await writeSample("docs/guides/onboard-tenants.md", "onboard.py");
      const first = await run("python3", "onboard.py");
      expect(first).toMatch(tenants("(has new|had its) keys"));
      const second = await run("python3", "onboard.py");
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
        join(samples.folder, "names.py"),
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
      expect(await run("python3", "names.py")).toBe("\n");
    });
  },
);
