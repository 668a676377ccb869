/** Samples of README and guides, run as they are printed: only the server's address is replaced. */
import { spawn, spawnSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { createDatabase } from "./database.ts";
import { type ServerProcess, startServer } from "./server-process.ts";

export const checkout = fileURLToPath(new URL("../..", import.meta.url));

/** What samples import, and what `npm install` of it leaves. */
const packages = ["agentmail", "nylas", "svix", "nodemailer", "@modelcontextprotocol/client"];

export interface Samples {
  readonly folder: string;
  readonly server: ServerProcess;
  /** Writes the block of a page that follows its file's name into the folder. */
  write(page: string, name: string): Promise<void>;
  /** What a program prints that ends with 0 and says nothing of errors. */
  run(program: string, ...args: string[]): Promise<string>;
  /** As `run`, of a text for the shell, with variables of its own. */
  shell(script: string, variables?: Readonly<Record<string, string>>): Promise<string>;
  stop(): Promise<void>;
}

/** Whether the package for Python is installed. */
export const hasPython = (name: string): boolean =>
  spawnSync("python3", ["-c", `import ${name}`]).status === 0;

/** @param settings of the server, beside a database of its own */
export async function openSamples(settings: Readonly<Record<string, string>>): Promise<Samples> {
  const folder = await mkdtemp(join(tmpdir(), "rookery-samples-"));
  await chmod(folder, 0o711);
  await mkdir(join(folder, "node_modules/@modelcontextprotocol"), { recursive: true });
  for (const name of packages)
    await symlink(join(checkout, "node_modules", name), join(folder, "node_modules", name));
  const database = await createDatabase();
  const server = await startServer(join(folder, "data"), { DATABASE_URL: database.url, ...settings });
  const here = (text: string): string =>
    text
      .replaceAll("127.0.0.1:8080", new URL(server.baseUrl).host)
      .replaceAll("127.0.0.1:2587", `127.0.0.1:${server.submissionPort}`)
      .replace(/\b2587\b/g, String(server.submissionPort));
  const run = async (
    line: readonly string[],
    variables: Readonly<Record<string, string>>,
  ): Promise<string> => {
    const [program = "", ...args] = line;
    const env = {
      PATH: process.env["PATH"] ?? "",
      AGENTMAIL_API_KEY: server.rootKey,
      ROOKERY_API_KEY: server.rootKey,
      ROOKERY_BASE_URL: server.baseUrl,
      ...variables,
    };
    const child = spawn(program, args, { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
    const said = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const)
      child[name].setEncoding("utf8").on("data", (text: string) => {
        said[name] += text;
      });
    const status = await new Promise((resolve) => child.once("close", resolve));
    expect({ status, ...said }).toEqual({ status: 0, stderr: "", stdout: expect.any(String) });
    return said.stdout;
  };
  return {
    folder,
    server,
    async write(page, name) {
      const code = await sampleOf(page, name);
      await writeFile(join(folder, name), `${here(code)}\n`);
    },
    run: (...line) => run(line, {}),
    shell: (script, variables = {}) => run(["sh", "-e", "-c", here(script)], variables),
    async stop() {
      await server.end();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The block that follows a file's name on a page. */
async function sampleOf(page: string, name: string): Promise<string> {
  const text = await readFile(join(checkout, page), "utf8");
  const block = text.split(`${name}\``).at(-1)?.split("\n```")[1];
  const code = block?.slice(block.indexOf("\n") + 1) ?? "";
  expect(code, `${page} shows ${name}`).not.toBe("");
  return code;
}

/** Blocks of a language on a page that have no name, in its order. */
export async function blocksOf(page: string, language: string): Promise<string[]> {
  const text = await readFile(join(checkout, page), "utf8");
  return blocksIn(text)
    .filter((block) => block.language === language && block.name === null)
    .map(({ code }) => code);
}

export interface Block {
  readonly language: string;
  readonly code: string;
  /** Of the file that the sentence before it names; null without one. */
  readonly name: string | null;
}

export const blocksIn = (text: string): Block[] =>
  [...text.matchAll(/(.*)\n\n *```(\w*)\n([\s\S]*?)\n *```$/gm)].map(
    ([, before = "", language = "", code = ""]) => ({
      language,
      code,
      name: [...before.matchAll(/`([\w.-]+\.(?:mts|py|sh))`/g)].at(-1)?.[1] ?? null,
    }),
  );
