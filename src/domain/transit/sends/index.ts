export { enterSubmission } from "./enter-submission.ts";
export { forwardMessage, withOriginal } from "./forward.ts";
export { repeatable, withIdempotencyKey } from "./idempotency.ts";
export {
  boundRecipients,
  type CheckedAttachment,
  type CheckedOutgoing,
  checkOutgoing,
  displayAll,
  type Outgoing,
  type OutgoingAttachment,
  requireRecipients,
} from "./outgoing.ts";
export { recipientAddress, type Submission } from "./read-submission.ts";
export { withRemoteFiles } from "./remote-attachments.ts";
export { replyAllToMessage, replyRecipients, replyRef, replyToMessage } from "./reply.ts";
export { sendMessage } from "./send.ts";
export type { Sent } from "./store-sent.ts";
export { newThread, submit, submitFailures, type ThreadRef } from "./submit.ts";
export { submitMail } from "./submit-mail.ts";
export {
  createSubmitter,
  type SignedIn,
  type SigningIn,
  type Standing,
  type Submitter,
} from "./submitter.ts";
