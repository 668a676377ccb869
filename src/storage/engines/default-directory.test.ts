import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../../test/support/engine-process.ts";
import { defaultDirectory } from "./default-directory.ts";

const root = process.getuid?.() === 0;

async function workingDirectory(): Promise<string> {
  const folder = await temporaryFolder(onTestFinished);
  const cwd = join(folder, "home");
  await mkdir(cwd);
  await chmod(cwd, 0o755);
  return cwd;
}

test("data lie in the working directory", async () => {
  const cwd = await workingDirectory();
  expect(await defaultDirectory(cwd)).toBe(join(cwd, ".rookery"));
});

test.skipIf(!root)(
  "root's data lie in /var/lib/rookery where PostgreSQL's account may not enter the working directory (needs root)",
  async () => {
    const cwd = await workingDirectory();
    await chmod(cwd, 0o700);
    expect(await defaultDirectory(cwd)).toBe("/var/lib/rookery");
    await mkdir(join(cwd, "below"));
    expect(await defaultDirectory(join(cwd, "below"))).toBe("/var/lib/rookery");
  },
);

test.skipIf(!root)(
  "a cluster that lies there all the same is not passed over for an empty one (needs root)",
  async () => {
    const cwd = await workingDirectory();
    await mkdir(join(cwd, ".rookery/postgres"), { recursive: true });
    await chmod(cwd, 0o700);
    expect(await defaultDirectory(cwd)).toBe(join(cwd, ".rookery"));
  },
);
