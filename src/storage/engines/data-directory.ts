/** The data directory: created when missing, checked before anything is written into it. */
import { access, chmod, constants, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { makeDirectory } from "../../lib/make-directory.ts";
import { type Account, closedFolder } from "./account.ts";
import { EngineSetupError } from "./engine.ts";
import { fileError } from "./file-error.ts";

/**
 * Makes the data directory with the folders above it, and checks that we may write it and the account may reach it.
 * @throws EngineSetupError when it is a file, cannot be written, or lies below a folder that is closed to the account
 */
export async function prepareDirectory(directory: string, account: Account | null): Promise<void> {
  try {
    const first = await makeDirectory(directory, 0o700);
    await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
    if (account !== null) await openToPass(directory, first ?? directory);
  } catch (error) {
    throw fileError(`The data directory ${directory} cannot be used`, error);
  }
  const closed = account === null ? null : await closedFolder(account, directory);
  if (closed !== null)
    throw new EngineSetupError(
      `PostgreSQL refuses to run as root, and the account it gets instead (uid ${account?.uid}) may not enter ${closed}, where the data directory ${directory} lies. Set ROOKERY_DATA_DIR to a place open to it (such as /var/lib/rookery), run Rookery as an ordinary user, or allow it with \`chmod o+x ${closed}\`.`,
    );
}

/**
 * Adds the search permission (o+x) to the data directory and the folders created with it. That allows no listing, and the
 * contents have their own modes: cluster and socket folder 0700, log and key files 0600.
 */
async function openToPass(directory: string, topmost: string): Promise<void> {
  for (let folder = directory; ; folder = dirname(folder)) {
    const { mode } = await stat(folder);
    if ((mode & 0o011) !== 0o011) await chmod(folder, (mode & 0o7777) | 0o011);
    if (folder === topmost || folder === dirname(folder)) return;
  }
}
