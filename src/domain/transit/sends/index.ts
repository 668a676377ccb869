export { enterSubmission } from "./enter-submission.ts";
export { forwardMessage } from "./forward.ts";
export type { Outgoing, OutgoingAttachment } from "./outgoing.ts";
export type { Submission } from "./read-submission.ts";
export { replyAllToMessage, replyToMessage } from "./reply.ts";
export { sendMessage } from "./send.ts";
export { submitMail } from "./submit-mail.ts";
export { createSubmitter, type SignedIn, type Submitter } from "./submitter.ts";
