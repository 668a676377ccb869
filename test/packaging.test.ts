/** What packages are made of: the build step of the image in a bare directory, what `Dockerfile` starts there, and the unit of systemd. */
import { execFile, spawnSync } from "node:child_process";
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { AgentMailClient } from "agentmail";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LARGE_MAIL_BYTES } from "../src/domain/limits.ts";
import { type Ended, type Settings, startProgram } from "./support/command.ts";
import { pdfOf } from "./support/pdf.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));
const script = join(root, "packaging/build.sh");
/** It installs what the registry has: minutes on a slow line. */
const INSTALL_MS = 600_000;
/** Where image and unit have what was built, and what it keeps. */
const [PROGRAM, STATE] = ["/opt/rookery", "/var/lib/rookery"];
/** Free ports, as other servers run beside the suite; everything else is as it comes. */
const ports = { ROOKERY_HTTP_PORT: "0", ROOKERY_SMTP_PORT: "0", ROOKERY_SUBMISSION_PORT: "0" };
/** An account without rights, and programs that change to it, for root. */
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

let folder: string;
let target: string;
let built: Ended;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rookery-image-"));
  // Another account is to start what lies there.
  await chmod(folder, 0o755);
  target = join(folder, "opt");
  built = await build("--prefer-offline");
}, INSTALL_MS);
afterAll(() => rm(folder, { recursive: true, force: true }));

const build = (...more: readonly string[]): Promise<Ended> => {
  const home = { HOME: folder, npm_config_cache: process.env["npm_config_cache"] ?? join(folder, "npm") };
  return startProgram([script, target, ...more], folder, home).ended;
};

/** In the directories of this test instead of those of image and unit. @param state what the server keeps */
const here = (text: string, state: string): string =>
  text.replaceAll(PROGRAM, target).replaceAll(STATE, state);

/** An empty directory that the account without rights may write. */
async function stateDirectory(name: string): Promise<string> {
  const state = join(folder, name);
  await mkdir(state, { mode: 0o700 });
  if (isRoot) await chown(state, NOBODY, NOBODY);
  return state;
}

/** Of Node that runs this test, as root has none that others may read in its home. */
async function startServer(line: readonly string[], cwd: string, settings: Settings) {
  const [, ...args] = line;
  const program = [join(target, "node_modules/.bin/node"), ...args];
  const unprivileged = isRoot ? ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"] : [];
  const server = startProgram([...unprivileged, ...program], cwd, settings);
  const [, http = ""] = await server.says(/"http":"([^"]+)"/);
  return { ...server, http };
}

test("the built directory holds no tests and no tools, and is not built over another", async () => {
  expect(built.code, built.stderr).toBe(0);
  expect(await readdir(target)).not.toContain("test");
  expect(await readdir(join(target, "node_modules"))).not.toContain("vitest");
  expect(await build()).toMatchObject({ code: 1, stderr: expect.stringContaining("is not empty") });
});

/** Instructions of the last stage of the Dockerfile, in their order. */
async function readImage(): Promise<readonly (readonly [name: string, rest: string])[]> {
  const text = (await readFile(join(root, "Dockerfile"), "utf8"))
    .replaceAll(/^#.*\n/gm, "")
    .replaceAll("\\\n", " ");
  const all = text.split("\n").flatMap((line): [string, string][] => {
    const [, name, rest] = /^([A-Z]+) +(.*)$/.exec(line) ?? [];
    return name === undefined || rest === undefined ? [] : [[name, rest.trim()]];
  });
  return all.slice(all.findLastIndex(([name]) => name === "FROM"));
}

const settingsIn = (words: string): Settings =>
  Object.fromEntries(
    words
      .split(/ +/)
      .map((word): [string, string] => [word.slice(0, word.indexOf("=")), word.slice(word.indexOf("=") + 1)]),
  );

describe("what the image starts", () => {
  let image: ReadonlyMap<string, string>;
  let state: string;
  let server: Awaited<ReturnType<typeof startServer>>;
  beforeAll(async () => {
    image = new Map(await readImage());
    state = await stateDirectory("image");
    const settings = {
      ...settingsIn(here(image.get("ENV") ?? "", state)),
      ...ports,
      ROOKERY_HOST: "127.0.0.1",
    };
    const words = [image.get("ENTRYPOINT"), image.get("CMD")].flatMap((list): string[] =>
      JSON.parse(here(list ?? "[]", state)),
    );
    expect(image.get("USER")).toBe("rookery");
    expect(words.slice(1)).toEqual([join(target, "bin/rookery.js"), "serve"]);
    server = await startServer(words, here(image.get("WORKDIR") ?? "", state), settings);
  });
  afterAll(async () => {
    server.child.kill("SIGTERM");
    await server.ended;
  });

  test("serves without a prompt and without rights, and is healthy by its own check", async () => {
    const [, , command = "[]"] = /^(.*?) CMD (\[.*\])$/.exec(image.get("HEALTHCHECK") ?? "") ?? [];
    const check: string[] = JSON.parse(command);
    const at = { ROOKERY_HTTP_PORT: new URL(server.http).port };
    expect(await startProgram(check, folder, at).ended).toMatchObject({ code: 0 });
    expect(await startProgram(check, folder, { ROOKERY_HTTP_PORT: "1" }).ended).toMatchObject({ code: 1 });
  });

  test("starts its threads: a large mail is composed on one, and documents are read on the other", async () => {
    const apiKey = (await readFile(join(state, "root.key"), "utf8")).trim();
    const { inboxes } = new AgentMailClient({ baseUrl: server.http, apiKey });
    const { inboxId } = await inboxes.create({ username: "threads" });
    const { messageId } = await inboxes.messages.send(inboxId, {
      to: ["human@outside.test"],
      text: "large ".repeat(LARGE_MAIL_BYTES / 6 + 1),
      attachments: [
        { filename: "page.html", content: Buffer.from("Hello <b>there</b>").toString("base64") },
        { filename: "page.pdf", content: pdfOf("Hello paper").toString("base64") },
      ],
    });
    const { attachments = [] } = await inboxes.messages.get(inboxId, messageId);
    const path = `${server.http}/v0/inboxes/${inboxId}/messages/${encodeURIComponent(messageId)}/attachments`;
    const texts = attachments.map(async ({ attachmentId }) => {
      const headers = { authorization: `Bearer ${apiKey}` };
      const answer = await fetch(`${path}/${attachmentId}`, { headers });
      // Cast: the API's answer, of which the client knows no text_url.
      const { text_url } = (await answer.json()) as { text_url: string };
      return (await fetch(text_url)).text();
    });
    expect((await Promise.all(texts)).map((text) => text.trim())).toEqual(["Hello there", "Hello paper"]);
  });

  test("ends with 0 on SIGTERM", async () => {
    expect(image.get("STOPSIGNAL")).toBe("SIGTERM");
    server.child.kill("SIGTERM");
    expect((await server.ended).code).toBe(0);
  });
});

/** Values of the unit by their names; of those that occur several times all. */
async function readUnit(): Promise<ReadonlyMap<string, readonly string[]>> {
  const text = await readFile(join(root, "packaging/rookery.service"), "utf8");
  const pairs = [...text.matchAll(/^(\w+)=(.*)$/gm)].map(
    ([, name = "", value = ""]) => [name, value] as const,
  );
  return new Map(
    [...Map.groupBy(pairs, ([name]) => name)].map(([name, own]) => [name, own.map(([, value]) => value)]),
  );
}

test("what the unit of systemd starts serves in its directories, and ends with 0 on its signal", async () => {
  const unit = await readUnit();
  const state = await stateDirectory("unit");
  const one = (name: string): string => here(unit.get(name)?.[0] ?? "", state);
  const server = await startServer(one("ExecStart").split(" "), one("WorkingDirectory"), {
    ...settingsIn(one("Environment")),
    ...ports,
  });
  expect((await fetch(`${server.http}/readyz`)).status).toBe(200);
  expect(await readdir(state)).toContain("root.key");
  expect([one("User"), one("KillSignal"), one("NoNewPrivileges")]).toEqual(["rookery", "SIGTERM", "true"]);
  server.child.kill("SIGTERM");
  expect((await server.ended).code).toBe(0);
});

const hasSystemd = spawnSync("systemd-analyze", ["--version"]).status === 0;

test.skipIf(!hasSystemd)(
  "systemd takes every line of the unit; skipped without systemd-analyze because Debian's package systemd has it",
  async () => {
    const text = await readFile(join(root, "packaging/rookery.service"), "utf8");
    const path = join(folder, "systemd", "rookery.service");
    await mkdir(dirname(path));
    await writeFile(path, here(text, join(folder, "analyzed")));
    const { stdout, stderr } = await run("systemd-analyze", ["verify", "--man=no", path]);
    expect(`${stdout}${stderr}`.split("\n").filter((line) => line.includes("rookery.service"))).toEqual([]);
  },
);
