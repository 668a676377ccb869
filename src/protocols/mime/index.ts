export { type AutomaticKind, automaticKindOf, automaticKinds } from "./automatic.ts";
export { type MailToCompose, PROTECTED_HEADERS } from "./compose.ts";
export { firstEmptyLine } from "./header.ts";
export { countHops } from "./hops.ts";
export { escapeHtml, htmlOfText } from "./html-text.ts";
export { extractsLong, parsesLong } from "./long-reading.ts";
export { normaliseMessageId } from "./message-id.ts";
export {
  type ComposedMail,
  inProcessCodec,
  isReadWhole,
  type MimeCodec,
  type ReadMail,
  readAs,
  readStart,
  type SignedMail,
} from "./mime-codec.ts";
export { type ParsedAttachment, parseMail } from "./parse.ts";
export { previewOf } from "./preview.ts";
export { forwardedBody, forwardSubject, replySubject } from "./quote.ts";
export { completeSubmitted, readSubmittedHeader, type SubmittedHeader } from "./submitted-mail.ts";
export { textOfHtml } from "./text-of-html.ts";
