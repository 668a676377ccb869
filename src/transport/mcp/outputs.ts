/** What tools give: the part of the API's answers that a model needs, under the names of the vendor's tools (contract 18). */
import { z } from "zod";

const moment = z.iso.datetime();
const texts = z.array(z.string());

/** A page of a list. @param plural name of the list */
export const pageOf = (plural: string, item: z.ZodType) =>
  z.object({
    count: z.number().describe("Items on this page"),
    limit: z.number().optional(),
    nextPageToken: z.string().optional().describe("Give it as pageToken to get the next page"),
    [plural]: z.array(item),
  });

export const inbox = z.object({
  podId: z.string().describe("The tenant that it belongs to"),
  inboxId: z.string(),
  email: z.string(),
  displayName: z.string().optional(),
  clientId: z.string().optional(),
  metadata: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  status: z.enum(["paused"]).optional().describe("paused: it neither sends nor receives"),
  updatedAt: moment,
  createdAt: moment,
});

const attachment = z.object({
  attachmentId: z.string(),
  filename: z.string().optional(),
  size: z.number().describe("Bytes"),
  contentType: z.string().optional(),
  contentDisposition: z.string().optional(),
  contentId: z.string().optional(),
});

export const attachmentFile = attachment.extend({
  downloadUrl: z.string().describe("Where the bytes are, without a key"),
  expiresAt: moment.describe("When downloadUrl stops working"),
  textUrl: z.string().optional().describe("Where its text is, without a key"),
});

export const threadItem = z.object({
  inboxId: z.string(),
  threadId: z.string(),
  labels: texts,
  timestamp: moment,
  receivedTimestamp: moment.optional(),
  sentTimestamp: moment.optional(),
  senders: texts,
  recipients: texts,
  subject: z.string().optional(),
  preview: z.string().optional(),
  attachments: z.array(attachment).optional(),
  lastMessageId: z.string(),
  messageCount: z.number(),
  size: z.number(),
  updatedAt: moment,
  createdAt: moment,
});

/** Raw headers are not among it: they hold addresses of machines, and no tool wants them. */
export const messageItem = z.object({
  inboxId: z.string(),
  threadId: z.string(),
  messageId: z.string(),
  labels: texts,
  timestamp: moment,
  from: z.string(),
  to: texts,
  cc: texts.optional(),
  bcc: texts.optional(),
  subject: z.string().optional(),
  preview: z.string().optional(),
  attachments: z.array(attachment).optional(),
  inReplyTo: z.string().optional(),
  references: texts.optional(),
  size: z.number(),
  updatedAt: moment,
  createdAt: moment,
});

const message = messageItem.extend({
  replyTo: texts.optional(),
  text: z.string().optional(),
  html: z.string().optional(),
  extractedText: z.string().optional().describe("The text without quoted history"),
  extractedHtml: z.string().optional(),
});

export const thread = threadItem.extend({
  nextPageToken: z.string().optional().describe("There are older messages than these"),
  messages: z.array(message).describe("Oldest first"),
});

const highlights = z
  .object({
    from: texts.optional(),
    recipients: texts.optional(),
    subject: texts.optional(),
    text: texts.optional(),
  })
  .optional()
  .describe("What matched, by field");

export const threadHit = threadItem.extend({ highlights });
export const messageHit = messageItem.extend({ highlights });

export const labelledThread = z.object({ threadId: z.string(), labels: texts });
export const labelledMessage = z.object({ messageId: z.string(), labels: texts });
export const sent = z.object({ messageId: z.string(), threadId: z.string() });

export const draftItem = z.object({
  inboxId: z.string(),
  draftId: z.string(),
  labels: texts,
  to: texts.optional(),
  cc: texts.optional(),
  bcc: texts.optional(),
  subject: z.string().optional(),
  preview: z.string().optional(),
  attachments: z.array(attachment).optional(),
  inReplyTo: z.string().optional(),
  sendStatus: z.enum(["scheduled", "sending", "failed"]).optional(),
  sendAt: moment.optional(),
  updatedAt: moment,
});

export const draft = draftItem.extend({
  clientId: z.string().optional(),
  replyTo: texts.optional(),
  text: z.string().optional(),
  html: z.string().optional(),
  references: texts.optional(),
  createdAt: moment,
});

export const verified = z.object({ verified: z.boolean() });
