/**
 * Mail to those who answer for a domain. Every domain that gets mail has a postmaster (RFC 5321 section 4.5.1), and complaints go
 * to abuse (RFC 2142): without an inbox of that name they are the operator's, who runs the server that they are about. An agent's
 * inbox would be the wrong place: it would act on them, and show them to its tenant.
 */
import { splitSubaddress } from "../../../protocols/address/index.ts";
import type { Database } from "../../../storage/db.ts";
import { systemActor, systemScope } from "../../door/access/index.ts";
import type { Door } from "../../door/door.ts";
import { Failure } from "../../door/failures.ts";
import { isHostedDomain, isReturnPathHost, returnPathHost } from "../../tenancy/domains/index.ts";
import { createInbox } from "../../tenancy/inboxes/index.ts";

export interface PostmasterParts {
  readonly door: Door;
  readonly database: Database;
  /** Whose Default Pod gets the inbox that is made at need. */
  readonly organizationId: string;
  /** Domain of inboxes created without one. */
  readonly domain: string;
  /** Inbox that the operator wants such mail in; null, or one that is not there: postmaster of `domain`. */
  readonly address: string | null;
}

/** Finds the inbox of a canonical address. */
type Find<Found> = (address: string) => Promise<Found | null>;

/** @param address canonical, and no inbox's @returns the inbox that gets its mail; null when it is no such address */
export type Postmaster = <Found>(address: string, find: Find<Found>) => Promise<Found | null>;

const ROLES: ReadonlySet<string> = new Set(["postmaster", "abuse"]);

/** Whether mail to the address, in any case, may be for who answers for its domain. */
export const isRole = (address: string): boolean =>
  ROLES.has(address.slice(0, Math.max(address.lastIndexOf("@"), 0)).toLowerCase());

export function createPostmaster(parts: PostmasterParts): Postmaster {
  const own = `postmaster@${parts.domain}`;
  return async (address, find) => {
    const { base } = splitSubaddress(address);
    const at = base.lastIndexOf("@");
    if (!ROLES.has(base.slice(0, at)) || !(await isHosted(parts, base.slice(at + 1)))) return null;
    const named = parts.address === null ? null : await find(parts.address);
    return named ?? (await find(own)) ?? (await make(parts, own, find));
  };
}

/** Hosts of return paths among them: they get mail, which is what makes a domain one with a postmaster. */
async function isHosted({ database, domain }: PostmasterParts, name: string): Promise<boolean> {
  if (name === domain || name === returnPathHost(domain)) return true;
  return database.readOnce(systemScope, async (tx) => {
    const found = [isHostedDomain(tx, systemScope, name), isReturnPathHost(tx, systemScope, name)];
    return (await Promise.all(found)).includes(true);
  });
}

/** Not made before there is mail for it: an inbox that nobody asked for is in every list. */
async function make<Found>(
  { door, database, organizationId: podId }: PostmasterParts,
  address: string,
  find: Find<Found>,
): Promise<Found | null> {
  const actor = await systemActor(database, "postmaster", { podId });
  if (actor === null) return null;
  try {
    await door.run(createInbox, actor, {}, { username: "postmaster", displayName: "Postmaster" });
  } catch (error) {
    // Another process, or the operator, was first.
    if (!(error instanceof Failure && error.code === "inbox.taken")) throw error;
  }
  return find(address);
}
