import { chmod, mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { codeOf } from "./error-code.ts";
import { makeDirectory } from "./make-directory.ts";

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "rookery-made-"));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

test("makes what is missing with the given mode, and says where it began", async () => {
  const base = await folder();
  await chmod(base, 0o755);
  expect(await makeDirectory(join(base, "a/b/c"), 0o700)).toBe(join(base, "a"));
  for (const path of ["a", "a/b", "a/b/c"]) expect(await modeOf(join(base, path))).toBe(0o700);
  expect(await modeOf(base)).toBe(0o755);
});

test("a directory that is there stays as it is, a link to one as well", async () => {
  const base = await folder();
  await chmod(base, 0o755);
  expect(await makeDirectory(base, 0o700)).toBeNull();
  await symlink(base, join(base, "link"));
  expect(await makeDirectory(join(base, "link"), 0o700)).toBeNull();
  expect(await modeOf(base)).toBe(0o755);
});

test("any number that start at once all succeed", async () => {
  const base = await folder();
  const path = join(base, "a/b/c/d");
  await Promise.all(Array.from({ length: 12 }, () => makeDirectory(path, 0o700)));
  expect((await stat(path)).isDirectory()).toBe(true);
});

test.each([
  ["a file", "file", "EEXIST"],
  ["below a file", "file/a/b", "ENOTDIR"],
])("what is %s fails with the system's code", async (_what, path, code) => {
  const base = await folder();
  await writeFile(join(base, "file"), "");
  expect(await makeDirectory(join(base, path), 0o700).catch(codeOf)).toBe(code);
});

test.skipIf(process.platform !== "linux")(
  "a file system that takes no folders fails instead of being asked for ever (skipped because only Linux has /proc)",
  async () => {
    for (const path of ["/proc/x", "/proc/x/y/z"])
      expect(await makeDirectory(path, 0o700).catch(codeOf)).toBe("ENOENT");
  },
);
