/** Checks of what callers set on an endpoint (contract 12.3). */
import { isHeaderSafe } from "../../../protocols/address/index.ts";
import { checkTargetUrl } from "../../../protocols/http/target-url.ts";
import type { Installation } from "../../door/context.ts";
import type { ListenedType } from "../../door/events.ts";
import { invalid } from "../../door/failures.ts";
import type { NeedByInput } from "../../door/operation.ts";
import { privateTargetHint } from "../../door/target-hint.ts";
import { field, says } from "../../door/text.ts";
import { MAX_WEBHOOK_HEADER_LENGTH, MAX_WEBHOOK_HEADERS } from "./limits.ts";

interface Listening {
  readonly eventTypes: readonly ListenedType[];
}

const listensTo =
  (...types: readonly ListenedType[]) =>
  ({ eventTypes }: Listening): boolean =>
    eventTypes.some((type) => types.includes(type));

/** Events of messages carry the message, whole, and those of threads say what was sent: an endpoint receives nothing that the key which configures it may not read. */
export const listensToMessages = ({ eventTypes }: Listening): boolean =>
  eventTypes.some((type) => /^(message|thread)\./.test(type));

/** What listening to mail with a restricted label needs, and to calendars. */
export const needsOfTypes: readonly NeedByInput<Listening>[] = [
  ...(["spam", "blocked", "unauthenticated"] as const).map((label) => ({
    permission: `label_${label}_read` as const,
    if: listensTo(`message.received.${label}`),
    says: `for message.received.${label}`,
  })),
  {
    permission: "calendar_event_read",
    if: ({ eventTypes }) => eventTypes.some((type) => type.startsWith("calendar.")),
    says: "for events of calendars",
  },
];

/** @throws Failure input.invalid when empty */
export function checkEventTypes(types: readonly ListenedType[]): readonly ListenedType[] {
  if (types.length === 0)
    throw invalid(["eventTypes"], says`${field("eventTypes")} must name at least one event type`);
  return [...new Set(types)];
}

/** @throws Failure input.invalid saying what is wrong with the URL */
export function checkUrl({ allowPrivateTargets }: Installation, url: string): string {
  const check = checkTargetUrl(url, allowPrivateTargets);
  if (!check.ok)
    throw invalid(
      ["url"],
      says`Invalid ${field("url")}: ${check.why}`,
      `Give an https:// URL on the public internet.${privateTargetHint(url)}`,
    );
  return check.url;
}

/** What the delivery itself says, and what HTTP says about a connection rather than a message (RFC 9110 section 7.6.1). */
const ours =
  /^(svix-|webhook-|proxy-)|^(host|content-length|content-type|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|user-agent)$/i;

/** @throws Failure input.invalid naming the header */
export function checkHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const entries = Object.entries(headers);
  if (entries.length > MAX_WEBHOOK_HEADERS)
    throw invalid(["headers"], says`${field("headers")} may have ${MAX_WEBHOOK_HEADERS} entries at most`);
  const seen = new Set<string>();
  for (const [name, value] of entries) {
    // Of two that differ in case only one would be sent.
    if (seen.has(name.toLowerCase())) throw invalid(["headers", { key: name }], `${name} is given twice`);
    seen.add(name.toLowerCase());
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/.test(name))
      throw invalid(["headers", { key: name }], "Invalid header name");
    if (ours.test(name)) throw invalid(["headers", { key: name }], `${name} is set by the server`);
    if (
      !isHeaderSafe(value) ||
      value.length > MAX_WEBHOOK_HEADER_LENGTH ||
      /[^\x20-\x7e\t\x80-\xff]/.test(value)
    )
      throw invalid(
        ["headers", { key: name }],
        `A header value may have ${MAX_WEBHOOK_HEADER_LENGTH} characters and no control characters`,
      );
  }
  return headers;
}
