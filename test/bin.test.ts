import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import packageJson from "../package.json" with { type: "json" };

const entry = fileURLToPath(new URL("../bin/rookery.js", import.meta.url));

const hasNodeBeside = existsSync(
  fileURLToPath(new URL(`../node_modules/node-${process.platform}-${process.arch}`, import.meta.url)),
);

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a Node program to its end; `pretends` is the version that Node claims to be. */
function runNode(file: string, args: readonly string[], pretends = process.versions.node): Promise<Ended> {
  const claim = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${pretends}" } });`;
  const preload = `data:text/javascript,${encodeURIComponent(claim)}`;
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      ["--import", preload, file, ...args],
      { cwd: tmpdir() },
      (_error, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

describe("bin/rookery.js", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "rookery-bin-"));
    await writeFile(join(folder, "package.json"), '{ "type": "module" }');
    for (const name of ["bin", "dist", "src"]) await mkdir(join(folder, name));
    for (const name of ["rookery.js", "memory-flags.js"])
      await copyFile(join(dirname(entry), name), join(folder, "bin", name));
    await writeFile(join(folder, "dist/main.js"), 'console.log("compiled", process.argv[2]);');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const tooOld = ["18.20.8", "20.20.2", "22.17.1", "23.5.0"];

  test.each(tooOld)("Node %s, with no other beside, is refused, with a way out", async (version) => {
    const { code, stdout, stderr } = await runNode(join(folder, "bin/rookery.js"), ["--version"], version);
    expect(code).toBe(1);
    expect(stderr).toContain(`Rookery needs Node 22.18 or newer; this is ${version}.`);
    expect(stderr).toContain("npm ci");
    expect(stderr).not.toContain("    at ");
    expect(stdout).toBe("");
  });

  test.skipIf(!hasNodeBeside).each(tooOld)(
    "Node %s, from any folder, hands over to the one that was installed beside (skipped because this system has no such package)",
    async (version) => {
      const { code, stdout, stderr } = await runNode(entry, ["--version"], version);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toBe(`${packageJson.version}\n`);
    },
  );

  test.each(["22.18.0", "23.6.0", "24.0.0", process.versions.node])("Node %s runs it", async (version) => {
    const { code, stdout, stderr } = await runNode(entry, ["--help"], version);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain("Usage: rookery");
  });

  test("without sources, as published, the compiled program runs; with them, they do", async () => {
    const published = join(folder, "bin/rookery.js");
    expect(await runNode(published, ["serve"])).toEqual({ code: 0, stdout: "compiled serve\n", stderr: "" });
    await writeFile(join(folder, "src/main.ts"), 'const from: string = "source"; console.log(from);');
    expect((await runNode(published, ["serve"])).stdout).toBe("source\n");
  });
});
