export { type MailToCompose, PROTECTED_HEADERS } from "./compose.ts";
export { countHops } from "./hops.ts";
export {
  directMailWork,
  type MailWork,
  type OpenedMail,
  openStart,
  type WrittenMail,
} from "./mail-work.ts";
export { normaliseMessageId } from "./message-id.ts";
export type { ParsedAttachment } from "./parse.ts";
export { previewOf } from "./preview.ts";
export { forwardedBody, forwardSubject, replySubject } from "./quote.ts";
