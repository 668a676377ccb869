/** The part of the SSRF guard that needs no network: checks of a URL before it is stored or called. */
import ipaddr from "ipaddr.js";
import { isPublicAddress } from "../address/ip-range.ts";
import { isBlockedPort } from "./blocked-ports.ts";

/** Length of a stored URL, characters. */
const MAX_URL_LENGTH = 2048;

export type TargetCheck =
  | { readonly ok: true; readonly url: string }
  | { readonly ok: false; readonly why: string };

const refuse = (why: string): TargetCheck => ({ ok: false, why });

/** Names that never resolve to a public host (RFC 6761, RFC 6762, ICANN's reservation of .internal). */
const privateName = /^(.+\.)?(localhost|local|internal)$/;

/**
 * Whether a tenant may have this server call the URL; its name is resolved at each call only. The result's `url` is in the
 * normal form of the WHATWG URL standard, so that no other parser reads another host from it.
 * @param allowPrivate http and private hosts too: for closed networks, tests and the demo
 * @param maxLength characters, also once escaped
 */
export function checkTargetUrl(
  text: string,
  allowPrivate: boolean,
  maxLength: number = MAX_URL_LENGTH,
): TargetCheck {
  const url = text.length <= maxLength && URL.canParse(text) ? new URL(text) : null;
  if (text.length > maxLength || (url?.href.length ?? 0) > maxLength)
    return refuse(`a URL may have ${maxLength} characters at most`);
  if (url === null) return refuse("not a URL");
  if (url.protocol !== "https:" && !(allowPrivate && url.protocol === "http:"))
    return refuse(`the URL must begin with https://${allowPrivate ? " or http://" : ""}`);
  if (url.username !== "" || url.password !== "")
    return refuse("the URL may not hold a user name or password");
  // `hash` is empty for an empty fragment too.
  if (url.href.includes("#")) return refuse("the URL may not hold a fragment (#)");
  if (isBlockedPort(url)) return refuse(`port ${url.port} is not one for HTTP`);
  if (allowPrivate) return { ok: true, url: url.href };
  const host = url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (privateName.test(host)) return refuse("the host is not reachable from the public internet");
  if (ipaddr.isValid(host) && !isPublicAddress(host)) return refuse("the address is private or reserved");
  return { ok: true, url: url.href };
}
