/** Complaints in the Abuse Reporting Format (RFC 5965). */
import { fieldValue, readFields } from "../mime/header.ts";
import { contentOf } from "../mime/part-content.ts";
import type { Part } from "../mime/parts.ts";
import { type Complaint, type Feedback, MAX_REPORTED } from "./feedback.ts";
import { type Fields, fieldGroups, first, reportedAddress } from "./field-groups.ts";

export const isFeedbackReport = ({ type }: Part): boolean => type.value === "message/feedback-report";

/** Reports in this format of what nobody complains of: RFC 6430, RFC 6591, RFC 7489. */
const NO_COMPLAINT: ReadonlySet<string> = new Set(["not-spam", "auth-failure", "dmarc"]);

/** Characters of a feedback type that are kept. */
const MAX_TYPE = 40;

const NONE: Fields = new Map();

/** The mail that is complained of, or its header. */
const isReturned = ({ type }: Part): boolean =>
  ["message/rfc822", "message/rfc822-headers", "text/rfc822-headers", "message/global"].includes(type.value);

/** @param parts of the whole report */
export function readComplaint(part: Part, parts: readonly Part[]): Feedback {
  const [fields = NONE] = fieldGroups(part, "feedback-type", 1);
  const type = first(fields, "feedback-type")
    .toLowerCase()
    .replaceAll(/[^a-z-]/g, "")
    .slice(0, MAX_TYPE);
  if (NO_COMPLAINT.has(type)) return { kind: "progress" };
  const returned = parts.find(isReturned);
  const header = returned === undefined ? [] : readFields(headerOf(contentOf(returned)));
  const named = (fields.get("original-rcpt-to") ?? []).slice(0, MAX_REPORTED);
  const complaint: Complaint = {
    kind: "complaint",
    type: type === "" ? "abuse" : type,
    recipients: [...new Set(named.map(reportedAddress).filter((address) => address !== null))],
    returnPaths: [
      first(fields, "original-mail-from"),
      fieldValue(header, "return-path"),
      fieldValue(header, "x-original-return-path"),
    ].flatMap((value) => reportedAddress(value) ?? []),
  };
  return complaint;
}

function headerOf(mail: Buffer): Buffer {
  const ends = [mail.indexOf("\n\r\n"), mail.indexOf("\n\n")].filter((at) => at !== -1);
  return ends.length === 0 ? mail : mail.subarray(0, Math.min(...ends) + 1);
}
