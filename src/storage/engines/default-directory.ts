import { stat } from "node:fs/promises";
import { join } from "node:path";
import { chooseAccount, mayEnter } from "./account.ts";

/** In the working directory. */
const LOCAL = ".rookery";
/** Where root's data lie when they cannot lie there. */
const SHARED = "/var/lib/rookery";

/**
 * The data directory when no setting names one: `.rookery` in the working directory. PostgreSQL does not run as root; where the
 * account that it gets instead may not enter the working directory (such as /root), `/var/lib/rookery`. A cluster that lies in
 * `.rookery` all the same is not passed over for an empty one.
 * @param cwd absolute. @returns absolute
 */
export async function defaultDirectory(cwd: string): Promise<string> {
  const local = join(cwd, LOCAL);
  const account = await chooseAccount(local);
  if (account === null || (await mayEnter(account, cwd))) return local;
  const cluster = await stat(join(local, "postgres")).catch(() => null);
  return cluster === null ? SHARED : local;
}
