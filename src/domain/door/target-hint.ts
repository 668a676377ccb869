import { checkTargetUrl } from "../../protocols/http/target-url.ts";

/**
 * What to do about a URL that was refused, as the end of a `hint`: the operator's setting, where only that refuses it. Empty, or
 * a sentence with a space before it.
 */
export function privateTargetHint(url: string): string {
  const isPrivate = !checkTargetUrl(url, false).ok && checkTargetUrl(url, true).ok;
  return isPrivate
    ? " For http:// and private addresses, as in development, start the server with ROOKERY_ALLOW_PRIVATE_TARGETS=1."
    : "";
}
