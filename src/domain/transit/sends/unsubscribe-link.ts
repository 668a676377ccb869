/** List-Unsubscribe on request (RFC 2369, RFC 8058): a caller's header asks for it, since every client can set one. */
import type { InboxContext } from "../../door/context.ts";
import { type Failure, invalid } from "../../door/failures.ts";
import { unsubscribeToken } from "../../guardrails/suppressions/index.ts";
import type { CheckedOutgoing } from "./outgoing.ts";

const FIELD = "List-Unsubscribe";
const POST_FIELD = "List-Unsubscribe-Post";
/** In place of a URL. It is none, so that no caller's own field is mistaken for it. */
const ASKED = "one-click";

/**
 * The caller's headers; with a link in place of the value that asks for one. Any other List-Unsubscribe is the caller's.
 * @throws Failure input.invalid for more recipients than one, who all would take each other off, and without a public URL
 */
export function headersOf(
  { installation, sealer, inbox }: Pick<InboxContext, "installation" | "sealer" | "inbox">,
  { headers, to, cc, bcc }: CheckedOutgoing,
): Readonly<Record<string, string>> {
  const asking = Object.entries(headers).find(
    ([name, value]) => name.toLowerCase() === FIELD.toLowerCase() && value.trim().toLowerCase() === ASKED,
  );
  if (asking === undefined) return headers;
  const [name] = asking;
  const [recipient, ...others] = [...to, ...cc, ...bcc];
  if (recipient === undefined || others.length > 0)
    throw refused(
      name,
      "A mail with an unsubscribe link has one recipient",
      "Send each recipient a mail of its own.",
    );
  const { unsubscribeUrl } = installation;
  if (unsubscribeUrl === null)
    throw refused(
      name,
      "This server has no public URL for unsubscribe links",
      "Its operator sets ROOKERY_PUBLIC_URL; or give a link of your own.",
    );
  const token = unsubscribeToken(sealer, inbox, recipient.address);
  if (token === null)
    throw refused(name, "This recipient's address can be on no list", "Give a link of your own.");
  const link = `${unsubscribeUrl}${token}`;
  const own = new Set([FIELD, POST_FIELD].map((field) => field.toLowerCase()));
  const kept = Object.entries(headers).filter(([field]) => !own.has(field.toLowerCase()));
  return {
    ...Object.fromEntries(kept),
    [FIELD]: `<${link}>`,
    // One click takes HTTPS (RFC 8058 section 3.1).
    ...(link.startsWith("https:") && { [POST_FIELD]: "List-Unsubscribe=One-Click" }),
  };
}

const refused = (name: string, message: string, hint: string): Failure =>
  invalid(["headers", { key: name }], message, hint);
