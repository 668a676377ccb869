/** Sign-in to one inbox by its address and app password, as IMAP and submission ask for it. */
import { isPassword } from "../../../lib/password-hash.ts";
import type { Database } from "../../../storage/db.ts";
import { findInboxTarget, type InboxTarget, systemScope } from "../../door/access/index.ts";
import { findAppPasswordHash } from "./store.ts";

/**
 * It takes as long for an address without a password, or without an inbox, as for a wrong password; and no connection is held
 * while it hashes. @param address in any case @returns the inbox; null for a wrong address or password
 */
export async function signIn(
  database: Database,
  address: string,
  password: string,
): Promise<InboxTarget | null> {
  const name = address.toLowerCase();
  const stored = await database.readOnce(systemScope, (tx) => findAppPasswordHash(tx, systemScope, name));
  if (!(await isPassword(password, stored))) return null;
  return database.readOnce(systemScope, (tx) => findInboxTarget(tx, systemScope, name));
}
