/** The account that PostgreSQL runs as. It refuses to run as root, so root starts it under an unprivileged account. */
import { spawn } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Null where an account is expected: this process's own. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** What systems without a named one use for "nobody". */
const NOBODY = 65_534;

/**
 * The account for a data directory: null unless we are root; then the owner of an existing cluster, else the system's
 * `postgres`, else `nobody`. The owner first, so that a `postgres` account created later does not lock an older cluster out.
 */
export async function chooseAccount(directory: string): Promise<Account | null> {
  if (process.getuid?.() !== 0) return null;
  const cluster = await stat(join(directory, "postgres")).catch(() => null);
  if (cluster?.isDirectory() && cluster.uid !== 0) return { uid: cluster.uid, gid: cluster.gid };
  const passwd = await readFile("/etc/passwd", "utf8").catch(() => "");
  const entries = passwd.split("\n").map((line) => line.split(":"));
  const entry = entries.find(([name]) => name === "postgres") ?? entries.find(([name]) => name === "nobody");
  return { uid: Number(entry?.[2] ?? NOBODY), gid: Number(entry?.[3] ?? NOBODY) };
}

/** True when the account may enter the folder. */
export async function mayEnter(account: Account, folder: string): Promise<boolean> {
  return tryAs(account, 'cd -- "$1"', folder);
}

/** True when the account may run the program. */
export async function mayRun(account: Account, program: string): Promise<boolean> {
  return tryAs(account, 'test -x "$1"', program);
}

/** The topmost folder on the way to this one that the account may not enter; null when it may enter all. */
export async function closedFolder(account: Account, folder: string): Promise<string | null> {
  if (await mayEnter(account, folder)) return null;
  const above = dirname(folder);
  return (above === folder ? null : await closedFolder(account, above)) ?? folder;
}

/**
 * Checks by running a shell as the account: permissions come from modes, groups and access lists alike. Without a shell the
 * check passes, and the operation itself fails with its own error.
 */
function tryAs(account: Account, script: string, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn("/bin/sh", ["-c", script, "sh", path], {
      cwd: "/",
      env: {},
      stdio: "ignore",
      uid: account.uid,
      gid: account.gid,
    });
    child.once("error", () => resolve(true));
    child.once("exit", (code) => resolve(code === 0));
  });
}
