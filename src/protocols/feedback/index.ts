export type { Complaint, FailedRecipient, Feedback } from "./feedback.ts";
export { readFeedback } from "./read.ts";
