export { type ComposeAttachment, composeMail, type MailToCompose, PROTECTED_HEADERS } from "./compose.ts";
export { countHops } from "./hops.ts";
export { normaliseMessageId, parseMessageIds } from "./message-id.ts";
export { type ParsedAttachment, type ParsedMail, parseMail } from "./parse.ts";
export { previewOf } from "./preview.ts";
export { forwardedBody, forwardSubject, replySubject } from "./quote.ts";
export { extractReply } from "./reply-extraction.ts";
