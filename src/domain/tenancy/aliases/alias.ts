/** One more address of an inbox: what comes to it, the inbox gets, and it may write under it. */
export interface Alias {
  /** Lower-case; `*@` the domain for a catch-all. */
  readonly address: string;
  /** The inbox takes mail for every address of the domain that no inbox or alias has. */
  readonly isCatchAll: boolean;
  readonly createdAt: Date;
}

/** Local part of a catch-all: no mailbox here can be named so. */
const CATCH_ALL = "*";

export const catchAllOf = (domain: string): string => `${CATCH_ALL}@${domain}`;

export interface AliasName {
  readonly username: string;
  readonly domain: string;
  readonly isCatchAll: boolean;
}

/** An address in any case, cut at its last `@`; whether a mailbox can be named so is for the caller to check. */
export function aliasNameOf(written: string): AliasName {
  const address = written.toLowerCase();
  const at = address.lastIndexOf("@");
  const username = address.slice(0, Math.max(at, 0));
  return { username, domain: address.slice(at + 1), isCatchAll: username === CATCH_ALL };
}
