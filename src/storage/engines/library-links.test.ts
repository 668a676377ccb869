import { chmod, lstat, mkdir, readFile, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { temporaryFolder } from "../../../test/support/engine-process.ts";
import { findBinaries } from "./binaries.ts";
import { completeLinks } from "./library-links.ts";

async function packageWith(links: readonly object[]): Promise<string> {
  const root = await temporaryFolder(onTestFinished);
  await mkdir(join(root, "native/lib"), { recursive: true });
  await writeFile(join(root, "native/lib/libx.so.1.2"), "library");
  await writeFile(join(root, "native/pg-symlinks.json"), JSON.stringify(links));
  return root;
}

const link = { source: "native/lib/libx.so.1.2", target: "native/lib/libx.so" };

test("missing links are made by any number of processes at once, and made links stay", async () => {
  const deep = { source: "native/lib/libx.so.1.2", target: "native/lib/deep/libx.so.1" };
  const root = await packageWith([link, deep]);
  await Promise.all(Array.from({ length: 8 }, () => completeLinks(root)));
  expect(await readFile(join(root, link.target), "utf8")).toBe("library");
  expect(await readFile(join(root, deep.target), "utf8")).toBe("library");
  const made = await lstat(join(root, link.target));
  await completeLinks(root);
  expect((await lstat(join(root, link.target))).ino).toBe(made.ino);
  expect(await readlink(join(root, link.target))).toBe("libx.so.1.2");
});

test.skipIf(process.getuid?.() === 0)(
  "a folder that cannot be written (root may write any) is named",
  async () => {
    const root = await packageWith([link]);
    await chmod(join(root, "native/lib"), 0o555);
    onTestFinished(() => chmod(join(root, "native/lib"), 0o755));
    await expect(completeLinks(root)).rejects.toThrow(/lacks native\/lib\/libx\.so.*EACCES.*DATABASE_URL/);
  },
);

test("a link that cannot be made for another reason is named", async () => {
  const root = await packageWith([{ source: link.source, target: "native/lib/libx.so.1.2/libx.so" }]);
  await expect(completeLinks(root)).rejects.toThrow(/lacks native\/lib.*\((ENOTDIR|EEXIST)\)/);
});

test("on a platform without binaries the error says how to get a database", async () => {
  await expect(findBinaries("linux", "riscv64")).rejects.toThrow(
    /linux-riscv64.*not installed.*npm ci.*DATABASE_URL/,
  );
  await expect(findBinaries("win32", "x64")).rejects.toThrow(/WSL.*DATABASE_URL/);
});
