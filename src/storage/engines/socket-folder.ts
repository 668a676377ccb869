/** The folder of the unix socket. Its mode (0700) controls access to PostgreSQL, so no password exists to leak. */
import { chmod, chown, lstat, mkdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { codeOf } from "../../lib/error-code.ts";
import { type Account, mayEnter } from "./account.ts";
import { EngineSetupError } from "./engine.ts";
import { fileError } from "./file-error.ts";

/** Names the socket file; there is no TCP port. */
export const PORT = 5432;
/** Octets of a unix socket's path that every system accepts: sun_path has 108 on Linux, 104 on macOS, NUL included. */
const MAX_SOCKET_PATH = 100;

/**
 * `socket` in the data directory. Where that path is too long for a socket: `rookery-<uid>-<device>-<inode of the data directory>`
 * in the system's temporary folder, which is world-writable: there it must be owned by us from its creation. To be called under the
 * directory's lock, when no PostgreSQL serves it.
 * @throws EngineError when the folder cannot be created, or another account owns it
 */
export async function prepareSocketFolder(directory: string, account: Account | null): Promise<string> {
  const inside = join(directory, "socket");
  const folder = fits(inside) ? inside : await temporaryFolder(directory, account);
  const owner = account?.uid ?? process.getuid?.() ?? 0;
  try {
    await makeFolder(folder);
    // lstat: through a planted symlink another account's folder would be given to this one.
    const found = await lstat(folder);
    if (!found.isDirectory() || (found.uid !== owner && found.uid !== process.getuid?.()))
      throw new EngineSetupError(
        `${folder} must hold PostgreSQL's socket but is owned by another account (uid ${found.uid}). Remove it, or set ROOKERY_DATA_DIR to a shorter path elsewhere.`,
      );
    if (account !== null) await chown(folder, account.uid, account.gid);
    await chmod(folder, 0o700);
    // Has the id of a killed PostgreSQL; a process that reuses the id would block the next one.
    await rm(join(folder, `.s.PGSQL.${PORT}.lock`), { force: true });
  } catch (error) {
    throw fileError(`The folder ${folder} for PostgreSQL's socket cannot be made`, error);
  }
  return folder;
}

function fits(folder: string): boolean {
  return Buffer.byteLength(join(folder, `.s.PGSQL.${PORT}`)) <= MAX_SOCKET_PATH;
}

async function temporaryFolder(directory: string, account: Account | null): Promise<string> {
  const { dev, ino } = await stat(directory);
  const owner = account?.uid ?? process.getuid?.() ?? 0;
  for (const base of [tmpdir(), "/tmp"]) {
    const folder = join(base, `rookery-${owner}-${dev.toString(36)}-${ino.toString(36)}`);
    if (fits(folder) && (account === null || (await mayEnter(account, base)))) return folder;
  }
  throw new EngineSetupError(
    `The path of the data directory ${directory} is too long for a unix socket. Set ROOKERY_DATA_DIR to a shorter one.`,
  );
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
}
