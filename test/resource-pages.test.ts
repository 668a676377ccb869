/** docs/api: every route is on the page of its resource, and every sample is run, of reads and of writes. */
import { spawnSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { v0Routes } from "../src/transport/http/v0/index.ts";
import { furnish, withChoices } from "./nouns/index.ts";
import type { Things } from "./nouns/noun.ts";
import { startProgram } from "./support/command.ts";
import { type TestApp, testApp } from "./support/test-app.ts";
import { type WriteSample, writeSamples } from "./support/write-samples.ts";

const checkout = fileURLToPath(new URL("..", import.meta.url));

let app: TestApp;
let folder: string;
let settings: Record<string, string>;
let pages: string;
let things: Things;

beforeAll(async () => {
  // Without workers: what is queued stays so.
  app = await testApp({ ROOKERY_SERVICES: "http", ROOKERY_SIGN_UP: "1" });
  folder = await mkdtemp(join(tmpdir(), "rookery-pages-"));
  await mkdir(join(folder, "node_modules"));
  await symlink(join(checkout, "node_modules/agentmail"), join(folder, "node_modules/agentmail"));
  const names = await readdir(join(checkout, "docs/api"));
  const texts = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(checkout, "docs/api", name), "utf8");
      // A draft's file is another than a message's.
      return name === "drafts.md" ? text.replaceAll("ATTACHMENT_ID", "DRAFT_ATTACHMENT_ID") : text;
    }),
  );
  pages = texts.join("\n");
  // One that is polled is found in the scope that it was made in alone.
  pages = pages
    .replaceAll("/v0/webhooks/polling/$POLLING_WEBHOOK_ID", "/v0/webhooks/polling/$WIDE_POLLING_ID")
    .replaceAll("$POD_ID/webhooks/polling/$POLLING_WEBHOOK_ID", "$POD_ID/webhooks/polling/$POD_POLLING_ID");
  const polled = async (scope: string): Promise<string> => {
    const { body } = await app.request("POST", `/v0${scope}/webhooks/polling`, {
      body: { client_id: "pages", event_types: ["message.received"] },
    });
    return String(body["webhook_id"]);
  };
  things = await furnish(app, "pages");
  // What a tenant has in one scope, samples of the others look for as well.
  for (const scope of ["", `/pods/${things["pod_id"]}`])
    await app.request("POST", withChoices(`/v0${scope}/lists/{direction}/{type}`), {
      body: { entry: things["entry"] },
    });
  const parameters = new Set([...pages.matchAll(/\$([A-Z][A-Z_]+)/g)].map(([, name = ""]) => name));
  const variableOf = (name: string): string => {
    const named = name.toLowerCase();
    const choice = withChoices(`{${named}}`);
    return choice.startsWith("{") ? encodeURIComponent(things[named] ?? "") : choice;
  };
  settings = {
    PATH: process.env["PATH"] ?? "",
    ...Object.fromEntries([...parameters].map((name) => [name, variableOf(name)])),
    WIDE_POLLING_ID: await polled(""),
    POD_POLLING_ID: await polled(`/pods/${things["pod_id"]}`),
    ROOKERY_BASE_URL: app.baseUrl,
    ROOKERY_API_KEY: app.rootKey,
  };
});
afterAll(async () => {
  await app.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Blocks of a language that the pages begin with or have of reads, each once. */
const blocks = (language: string): string[] => {
  const read = pages.split(/^(?=##? )/m).filter((section) => !/^`(POST|PUT|PATCH|DELETE) /m.test(section));
  const block = new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)\n\`\`\`$`, "gm");
  return [...new Set([...read.join("\n").matchAll(block)].map(([, code = ""]) => code))];
};

describe("pages of resources", () => {
  test("show every route", () => {
    for (const { method, path, name } of v0Routes)
      expect(pages).toContain(`\`${method.toUpperCase()} ${path}\` (\`${name}\`)`);
  });

  test("are served, with an index that leads to each of them, and all at once", async () => {
    const index = await app.request("GET", "/llms.txt", { key: null });
    expect(index.status).toBe(200);
    const links = [...index.text.matchAll(/\]\((\/[^)]+)\)/g)].map(([, link = ""]) => link);
    expect(links.length).toBeGreaterThan(30);
    for (const link of links) expect((await app.request("GET", link, { key: null })).status, link).toBe(200);
    const whole = await app.request("GET", "/llms-full.txt", { key: null });
    for (const title of ["# Inboxes", "# Webhooks", "# Tools for models: MCP"])
      expect(whole.text).toContain(title);
    for (const name of ["none.md", "..%2fllms.txt", "%2e%2e/llms.txt", "pods.md%00"])
      expect((await app.request("GET", `/docs/api/${name}`, { key: null })).status, name).toBe(404);
  });

  test("have no link that leads nowhere, alone or in the whole, and neither have guides", async () => {
    const text = async (path: string): Promise<string> =>
      (await app.request("GET", path, { key: null })).text;
    const linksOf = (page: string): string[] =>
      [...page.matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, link = ""]) => link)
        .filter((link) => !/^https?:/.test(link));
    const index = linksOf(await text("/llms.txt"));
    const all = await Promise.all(
      ["/llms-full.txt", ...index].map(async (path) => ({ path, page: await text(path) })),
    );
    const anchorsOf = async (path: string): Promise<string[]> =>
      [...(await text(path)).matchAll(/^#+ (.*)$/gm)].map(([, title = ""]) =>
        title
          .toLowerCase()
          .replaceAll(/[^\p{L}\p{N} -]/gu, "")
          .replaceAll(" ", "-"),
      );
    const links = new Set(all.flatMap(({ page }) => linksOf(page)));
    expect(links.size).toBeGreaterThan(40);
    for (const link of links) {
      expect(link).toMatch(/^\//);
      const [path = "", anchor] = link.split("#");
      expect((await app.request("GET", path, { key: null })).status, link).toBe(200);
      if (anchor !== undefined && path.endsWith(".md")) expect(await anchorsOf(path), link).toContain(anchor);
    }
    expect(await text("/docs/guides/fleet.md")).toContain("`examples/fleet`");
  });

  test("bodies that they show fit what the route takes", () => {
    const bodies = [
      ...pages.matchAll(/^`\w+ \S+` \(`([\w.]+)`\)$(?:(?!^## )[\s\S])*?-d '([\s\S]*?)'\n```/gm),
    ];
    expect(bodies.length).toBeGreaterThan(30);
    for (const [, name = "", body = ""] of bodies) {
      const route = v0Routes.find((one) => one.name === name);
      const parsed = route?.body?.safeParse(JSON.parse(body.replaceAll("'\\''", "'")));
      expect(parsed?.success, `${name}: ${parsed?.error?.message}`).toBe(true);
    }
  });
});

const hasPython = spawnSync("python3", ["-c", "import agentmail.apps"]).status === 0;

/** The clients encode ids by themselves; the shell's variables are encoded. */
const decoded = (code: string): string =>
  code.replace('process.env[name] ?? ""', 'decodeURIComponent(process.env[name] ?? "")');
const decodedInPython = (code: string): string =>
  `import os, urllib.parse\nfor name, value in list(os.environ.items()):\n    os.environ[name] = urllib.parse.unquote(value)\n${code}`;

describe("samples of reads", () => {
  test("in curl are all answered", async () => {
    const reads = blocks("sh");
    expect(reads.length).toBeGreaterThan(40);
    const script = reads
      .map((code) => `${code} >/dev/null || echo 'failed: ${code.split("\n")[0]}'`)
      .join("\n");
    const { stdout } = await startProgram(["sh", "-c", script], folder, settings).ended;
    expect(stdout).toBe("");
  });

  test("in TypeScript run", async () => {
    const [preamble = "", ...reads] = blocks("ts");
    expect(reads.length).toBeGreaterThan(30);
    await writeFile(join(folder, "reads.mts"), decoded([preamble, ...reads].join("\n")));
    const { code, stderr } = await startProgram([process.execPath, "reads.mts"], folder, settings).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test.skipIf(!hasPython)(
    "in Python run (skipped because its package agentmail is not installed)",
    async () => {
      await writeFile(join(folder, "reads.py"), decodedInPython(blocks("python").join("\n")));
      const { code, stderr } = await startProgram(["python3", "reads.py"], folder, settings).ended;
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    },
  );
});

describe("samples of writes", () => {
  const program = async (line: readonly string[]) => {
    const { code, stdout, stderr } = await startProgram(line, folder, settings).ended;
    expect({ code, stderr, stdout }).toEqual({ code: 0, stderr: "", stdout: "" });
  };

  test("in curl are all done", async () => {
    const samples = await writeSamples(app, things, pages, "sh");
    expect(samples.length).toBeGreaterThan(100);
    const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
    const script = samples.map(({ name, code, variables }) => {
      const set = Object.entries(variables).map(
        ([variable, value]) =>
          `${variable}=${quoted(variable.startsWith("ROOKERY") ? value : encodeURIComponent(value))}`,
      );
      return `${set.join("\n")}\n{ ${code.replace("-fsS", "-sS --fail-with-body")}\n} >answer || { echo "failed: ${name}"; cat answer; echo; }`;
    });
    await writeFile(join(folder, "writes.sh"), script.join("\n"));
    await program(["sh", "writes.sh"]);
  });

  /** Each with variables of its own, as a program that goes through all of them. */
  const inTypeScript = ([preamble = ""]: readonly string[], samples: readonly WriteSample[]): string =>
    [
      preamble,
      "const log = console.log;",
      "console.log = () => undefined;",
      ...samples.map(
        ({ name, code, variables }) =>
          `Object.assign(process.env, ${JSON.stringify(variables)});\ntry {\n${fresh(code)}\n} catch (error) { log("failed: ${name}", error); }`,
      ),
    ].join("\n");
  /** With the key of its own. */
  const fresh = (code: string): string =>
    code.replace(
      "await client.",
      `await new AgentMailClient({ baseUrl: id("ROOKERY_BASE_URL"), apiKey: id("ROOKERY_API_KEY"), maxRetries: 0 }).`,
    );

  test("in TypeScript are all done", async () => {
    const samples = await writeSamples(app, things, pages, "ts");
    expect(samples.length).toBeGreaterThan(50);
    await writeFile(join(folder, "writes.mts"), inTypeScript(blocks("ts"), samples));
    await program([process.execPath, "writes.mts"]);
  });

  const inPython = ([preamble = ""]: readonly string[], samples: readonly WriteSample[]): string =>
    [
      preamble,
      "say, print = print, lambda *_: None",
      ...samples.map(
        ({ name, code, variables }) =>
          `os.environ.update(${JSON.stringify(variables)})\nclient = AgentMail(environment=environment, api_key=os.environ["ROOKERY_API_KEY"])\ntry:\n${code.replaceAll(/^/gm, "    ")}\nexcept Exception as error:\n    say("failed: ${name}", error)`,
      ),
    ].join("\n");

  test.skipIf(!hasPython)(
    "in Python are all done (skipped because its package agentmail is not installed)",
    async () => {
      const samples = await writeSamples(app, things, pages, "python");
      expect(samples.length).toBeGreaterThan(50);
      await writeFile(join(folder, "writes.py"), inPython(blocks("python"), samples));
      await program(["python3", "writes.py"]);
    },
  );
});
