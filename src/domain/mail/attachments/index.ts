export type { Attachment } from "./attachment.ts";
export { type AttachmentFile, fileOf, linkToAttachment } from "./link.ts";
export { readAttachmentBytes } from "./store.ts";
