/** Connections that may be open at once, derived from the file descriptors that the process may have. Read once, at start. */
import { readFile } from "node:fs/promises";
import type { Config } from "../config.ts";
import { MAX_HTTP_CONNECTIONS, MAX_SOCKETS } from "../transport/http/limits.ts";
import { HTTP_SHARE, LEAST_PLACES, OWN_DESCRIPTORS, OWN_SHARE, SMTP_SHARE, SOCKETS_SHARE } from "./limits.ts";

/** How many of each may be open at once. */
export interface Places {
  /** Connections of HTTP, but for WebSockets. */
  readonly http: number;
  readonly sockets: number;
  /** Sessions of inbound SMTP, and as many of submission. */
  readonly smtp: number;
}

/**
 * Node has raised the limit in force to the one it may have.
 * @param root of the file system
 * @returns RLIMIT_NOFILE; null where there is none, or no /proc to say so
 */
export async function descriptorLimit(root = "/"): Promise<number | null> {
  const limits = await readFile(`${root}/proc/self/limits`, "utf8").catch(() => "");
  const inForce = /^Max open files +(\d+)/m.exec(limits)?.[1];
  return inForce === undefined ? null : Number(inForce);
}

/**
 * What may not be taken by connections is the process's own: without a descriptor it reaches neither its database nor anybody else.
 * @param limit of descriptors; null: none
 */
export function placesFor(
  limit: number | null,
  { smtpMaxConnections }: Pick<Config, "smtpMaxConnections">,
): Places {
  const own = limit === null ? 0 : Math.min(OWN_DESCRIPTORS, limit * OWN_SHARE);
  const room = (limit ?? Number.POSITIVE_INFINITY) - own;
  const most = (share: number, usual: number): number =>
    Math.max(LEAST_PLACES, Math.min(usual, Math.floor(room * share)));
  return {
    http: most(HTTP_SHARE, MAX_HTTP_CONNECTIONS),
    sockets: most(SOCKETS_SHARE, MAX_SOCKETS),
    smtp: most(SMTP_SHARE, smtpMaxConnections),
  };
}
