/** Pieces of what tools take. Bounds beyond these are the route's. */
import { z } from "zod";
import { DEFAULT_TOOL_PAGE_SIZE, MAX_TOOL_PAGE_SIZE } from "./limits.ts";

const texts = (about: string) => z.array(z.string()).optional().describe(about);

export const inboxId = z.string().describe("ID of the inbox: its address");
export const threadId = z.string().describe("ID of the thread");
export const messageId = z.string().describe("ID of the message: its Message-ID");

export const page = {
  limit: z
    .number()
    .int()
    .positive()
    .max(MAX_TOOL_PAGE_SIZE)
    .optional()
    .default(DEFAULT_TOOL_PAGE_SIZE)
    .describe("Max number of items to return"),
  pageToken: z.string().optional().describe("nextPageToken of the page before; the first page when absent"),
};

const moment = (about: string) =>
  z.iso.datetime({ offset: true }).optional().describe(`${about}: ISO 8601 with Z or an offset`);

export const between = {
  before: moment("Only items before this time"),
  after: moment("Only items after this time"),
};

/** What lists of an inbox are narrowed by. */
export const filters = {
  ...page,
  labels: texts("Only items with all of these labels"),
  ...between,
  ascending: z.boolean().optional().describe("Oldest first instead of newest first"),
};

export const contains = (field: string) => texts(`Texts that ${field} must contain; all of them`);

export const hidden = (items: string) => ({
  includeSpam: z.boolean().optional().describe(`Include ${items} in spam`),
  includeTrash: z.boolean().optional().describe(`Include ${items} in trash`),
});

export const labelChange = { addLabels: texts("Labels to add"), removeLabels: texts("Labels to remove") };

export const clientId = z
  .string()
  .optional()
  .describe("ID of your own: repeated with the same one, what was created first is returned");

const attachmentAbout = {
  filename: z.string().optional().describe("File name"),
  contentType: z.string().optional().describe("Media type"),
  contentDisposition: z.enum(["inline", "attachment"]).optional().describe("Content disposition"),
  contentId: z.string().optional().describe("Content-ID of an inline attachment"),
};

const attachment = z.union([
  z.strictObject({
    ...attachmentAbout,
    content: z.string().describe("The bytes in base64; for small files, give large ones by url"),
  }),
  z.strictObject({ ...attachmentAbout, url: z.url().describe("Where the server fetches the file from") }),
]);

export const recipients = {
  cc: texts("CC recipients"),
  bcc: texts("BCC recipients"),
  replyTo: texts("Reply-To addresses"),
};

export const subject = z.string().optional().describe("Subject");

export const bodies = {
  text: z.string().optional().describe("Plain text body"),
  html: z.string().optional().describe("HTML body"),
};

export const content = {
  ...bodies,
  labels: texts("Labels"),
  attachments: z
    .array(attachment)
    .optional()
    .describe("Attachments, each with either content (base64) or url"),
};

export const toRequired = z.array(z.string()).describe("Recipients");
export const to = texts("Recipients");
