/** Sign-in to one inbox by its address and app password, as IMAP and submission ask for it. */
import { isPassword } from "../../../lib/password-hash.ts";
import type { Database, Tx } from "../../../storage/db.ts";
import { findInboxTarget, type InboxTarget, systemScope } from "../../door/access/index.ts";
import { findAppPasswordHash } from "./store.ts";

/** An inbox that its password opened. */
export interface OpenedInbox {
  readonly inbox: InboxTarget;
  /** The inbox as it is now; null when it, or the password that opened it, is no longer there. One look-up, and no hash. */
  again(): Promise<InboxTarget | null>;
}

/**
 * It takes as long for an address without a password, or without an inbox, as for a wrong password; and no connection is held
 * while it hashes. @param address in any case @returns null for a wrong address or password
 */
export async function signIn(
  database: Database,
  address: string,
  password: string,
): Promise<OpenedInbox | null> {
  const name = address.toLowerCase();
  const asSystem = <Found>(find: (tx: Tx) => Promise<Found>): Promise<Found> =>
    database.readOnce(systemScope, find);
  const storedNow = () => asSystem((tx) => findAppPasswordHash(tx, systemScope, name));
  const inboxNow = () => asSystem((tx) => findInboxTarget(tx, systemScope, name));
  const stored = await storedNow();
  if (!(await isPassword(password, stored))) return null;
  const inbox = await inboxNow();
  if (inbox === null) return null;
  // Another inbox may have got the address since.
  const isSame = (found: InboxTarget | null): boolean => found?.id === inbox.id;
  return {
    inbox,
    async again() {
      const [hash, found] = await Promise.all([storedNow(), inboxNow()]);
      return hash === stored && isSame(found) ? found : null;
    },
  };
}
