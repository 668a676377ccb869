import { readMail } from "../mime/parts.ts";
import { isFeedbackReport, readComplaint } from "./complaint.ts";
import { isDeliveryStatus, readDeliveryStatus } from "./delivery-status.ts";
import { type Feedback, MAX_REPORT_BYTES } from "./feedback.ts";
import { readNotice } from "./notice.ts";

/** Never throws, whatever the bytes. @returns null for what is no report: ordinary mail, such as an automatic reply */
export function readFeedback(raw: Uint8Array): Feedback | null {
  const mail = readMail(Buffer.from(raw.buffer, raw.byteOffset, Math.min(raw.byteLength, MAX_REPORT_BYTES)));
  const complaint = mail.parts.find(isFeedbackReport);
  if (complaint !== undefined) return readComplaint(complaint, mail.parts);
  const status = mail.parts.find(isDeliveryStatus);
  return status === undefined ? readNotice(mail) : readDeliveryStatus(status);
}
