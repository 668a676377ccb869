/** The part of the SSRF guard that needs no network: what a URL must look like before it is stored. */
import ipaddr from "ipaddr.js";
import { isPublicAddress } from "../address/ip-range.ts";

/** Characters; longer than any browser would follow. */
const MAX_URL_LENGTH = 2048;

export type TargetCheck =
  | { readonly ok: true; readonly url: string }
  | { readonly ok: false; readonly why: string };

const refuse = (why: string): TargetCheck => ({ ok: false, why });

/** @param allowPrivate http and private hosts too: for closed networks, tests and the demo */
export function checkTargetUrl(text: string, allowPrivate: boolean): TargetCheck {
  if (text.length > MAX_URL_LENGTH) return refuse(`a URL may have ${MAX_URL_LENGTH} characters at most`);
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null) return refuse("not a URL");
  if (url.protocol !== "https:" && !(allowPrivate && url.protocol === "http:"))
    return refuse("the URL must begin with https://");
  if (url.username !== "" || url.password !== "")
    return refuse("the URL may not hold a user name or password");
  if (allowPrivate) return { ok: true, url: url.href };
  const host = url.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "");
  if (
    host === "localhost" ||
    host.endsWith(".localhost") ||
    host.endsWith(".local") ||
    host.endsWith(".internal")
  )
    return refuse("the host is not reachable from the public internet");
  if (ipaddr.isValid(host) && !isPublicAddress(host)) return refuse("the address is private or reserved");
  return { ok: true, url: url.href };
}
