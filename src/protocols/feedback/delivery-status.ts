/** Delivery status notifications (RFC 3464, RFC 6533). */
import type { Part } from "../mime/parts.ts";
import { printable } from "../smtp/reply.ts";
import { codesIn } from "./codes.ts";
import { type FailedRecipient, type Feedback, MAX_REPORTED } from "./feedback.ts";
import { type Fields, fieldGroups, first, reportedAddress } from "./field-groups.ts";

export const isDeliveryStatus = ({ type }: Part): boolean =>
  type.value === "message/delivery-status" || type.value === "message/global-delivery-status";

/** Fields of a recipient; the group before the first one tells of the message. */
const RECIPIENT = ["final-recipient", "original-recipient", "x-actual-recipient"] as const;

export function readDeliveryStatus(part: Part): Feedback {
  const groups = fieldGroups(part, "final-recipient", MAX_REPORTED + 1);
  const recipients = groups
    .filter((fields) => RECIPIENT.some((name) => fields.has(name)) || fields.has("action"))
    .flatMap(failureOf);
  return recipients.length === 0 ? { kind: "progress" } : { kind: "failure", recipients };
}

/** Nothing when the recipient has not failed. */
function failureOf(fields: Fields): FailedRecipient[] {
  const said = first(fields, "diagnostic-code");
  const inReply = codesIn(said.slice(said.indexOf(";") + 1).trim());
  const status = statusOf(first(fields, "status"), inReply.status);
  if (!hasFailed(first(fields, "action"), status)) return [];
  const named = RECIPIENT.flatMap((name) => fields.get(name) ?? []).map(reportedAddress);
  return [
    {
      addresses: [...new Set(named.filter((address) => address !== null))],
      status,
      code: inReply.code,
      reply: printable(said.slice(said.indexOf(";") + 1)),
    },
  ];
}

/** X.0.0 says nothing that the other server's reply does not say better. */
function statusOf(written: string, inReply: string | null): string | null {
  const status = /^\s*([245]\.\d{1,3}\.\d{1,3})/.exec(written)?.[1] ?? null;
  if (status === null) return inReply;
  const isVague = status.endsWith(".0.0") && inReply?.startsWith(status.slice(0, 1)) === true;
  return isVague ? inReply : status;
}

/** Some servers leave the action out; then it is what the class of the status says. */
function hasFailed(action: string, status: string | null): boolean {
  const word = /[a-z]+/i.exec(action)?.[0]?.toLowerCase() ?? "";
  return word === "" ? status?.startsWith("5") === true : word === "failed" && !status?.startsWith("2");
}
