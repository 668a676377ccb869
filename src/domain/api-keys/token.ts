/** Tokens: 256 random bits behind a prefix that names the scope, so that a leaked one can be told apart (contract 2.1). */
import type { ScopeLevel } from "../access/index.ts";

const TOKEN_BYTES = 32;
/** Hex digits of the secret that a key shows for good: 24 of 256 bits. */
const SHOWN_DIGITS = 6;

const scopePrefixes: Readonly<Record<ScopeLevel, string>> = {
  organization: "am_us_",
  pod: "am_us_pod_",
  inbox: "am_us_inbox_",
};

const minted = /^am_us_(pod_|inbox_)?[0-9a-f]{64}$/;

/** A new token. `random` gives so many random bytes. */
export function newToken(level: ScopeLevel, random: (bytes: number) => Uint8Array): string {
  return scopePrefixes[level] + Buffer.from(random(TOKEN_BYTES)).toString("hex");
}

/** What may be shown of a token for good. Of one that somebody else made up, an eighth: it may be short. */
export function prefixOf(token: string): string {
  const scope = minted.exec(token);
  if (scope === null) return token.slice(0, Math.floor(token.length / 8));
  return token.slice(0, scopePrefixes.organization.length + (scope[1]?.length ?? 0) + SHOWN_DIGITS);
}
