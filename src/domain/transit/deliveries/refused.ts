/** Inboxes here that do not take a message: for now, as another server says with 4yz, or for good (5yz). */
import { type FailCode, Failure } from "../../door/failures.ts";
import { pauseOf } from "../../door/paused.ts";
import type { Receiver, Recipient } from "../arrivals/index.ts";
import type { Outcome } from "./settle.ts";

const tooLarge: Outcome = {
  state: "bounced",
  detail: "552 5.3.4 the message or an attachment is too large for the mailbox",
  bounce: { type: "Permanent", subType: "MessageTooLarge", status: "5.3.4" },
};
const attachmentRefused: Outcome = {
  state: "bounced",
  detail: "552 5.6.1 the mailbox does not take the attachments",
  bounce: { type: "Permanent", subType: "AttachmentRejected", status: "5.6.1" },
};

const blocked: Outcome = {
  state: "bounced",
  detail: "550 5.7.1 Message refused by policy",
  bounce: { type: "Permanent", subType: "ContentRejected", status: "5.7.1" },
};

/** What becomes of a copy to an inbox whose pod is suspended: nothing is to be waited for. */
export const disabled: Outcome = {
  state: "bounced",
  detail: "550 5.2.1 the mailbox is disabled",
  bounce: { type: "Permanent", subType: "General", status: "5.2.1" },
};

/** What becomes of a copy that its inbox refuses for what it is. */
export function refusedFor({ code }: Failure): Outcome {
  if (code === "rule.blocked") return blocked;
  return code === "attachment.refused" ? attachmentRefused : tooLarge;
}

/** Of one that waited for as long as other servers try, by what it waited for. */
const expired: Partial<Readonly<Record<FailCode, Outcome>>> = {
  "sending.paused": {
    state: "bounced",
    detail: "450 4.2.1 the inbox was paused for as long as delivery is tried",
    bounce: { type: "Transient", subType: "General", status: "4.4.7" },
  },
  "limit.reached": {
    state: "bounced",
    detail: "452 4.7.1 the inbox could receive no more for as long as delivery is tried",
    bounce: { type: "Transient", subType: "General", status: "4.4.7" },
  },
  "storage.reached": {
    state: "bounced",
    detail: "452 4.2.2 the mailbox was full for as long as delivery is tried",
    bounce: { type: "Transient", subType: "MailboxFull", status: "4.2.2" },
  },
};

/** True for what an inbox refuses now and may take later. */
export const mayPass = (error: unknown): error is Failure =>
  error instanceof Failure && expired[error.code] !== undefined;

/** @returns what becomes of a copy that its inbox does not take now, when it waited for long enough; null for one that it takes */
export async function refusalNow(receiver: Receiver, recipient: Recipient): Promise<Outcome | null> {
  const paused = pauseOf(recipient.inbox);
  if (paused !== null) return expired[paused.code] ?? null;
  try {
    // The rules are asked when it is stored, by the same sender.
    await receiver.admit(recipient, { envelopeFrom: "", sizeBytes: null });
    return null;
  } catch (error) {
    if (!mayPass(error)) throw error;
    return expired[error.code] ?? null;
  }
}
