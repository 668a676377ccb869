/**
 * DNS rebinding: a page of somebody else's has its own name resolved to this machine, and its scripts then reach what listens here
 * as the page's own server. Browsers add Origin to every POST, so one without it comes from no page. No name that an attacker can
 * have resolved is let through: what is left is addresses, names of this machine, and the host that the operator named.
 */
import { isIP } from "node:net";

/**
 * @param request its Origin header, and the host that it was sent to, without a port
 * @param publicUrl the operator's own address of this server; null without one
 * @returns what is wrong; null when the request may be served
 */
export function refusedOrigin(
  { origin, host }: { readonly origin: string | undefined; readonly host: string },
  publicUrl: string | null,
): string | null {
  if (origin === undefined) return null;
  const own = publicUrl === null ? null : new URL(publicUrl).hostname;
  const isSafe = (name: string): boolean =>
    isIP(name.replace(/^\[|\]$/g, "")) !== 0 || /(^|\.)localhost$/.test(name) || name === own;
  const named = URL.parse(origin)?.hostname ?? "";
  if (!isSafe(named)) return `pages of ${origin.slice(0, 100)} may not call this`;
  return isSafe(host) ? null : `it is not served as ${host.slice(0, 100)}`;
}
