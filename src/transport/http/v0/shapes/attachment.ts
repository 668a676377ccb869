import { z } from "@hono/zod-openapi";
import type { Attachment, AttachmentFile } from "../../../../domain/mail/attachments/index.ts";
import { DOWNLOAD_SECONDS } from "../../../../domain/mail/blobs/limits.ts";
import { present, timestamp, wire } from "./common.ts";
import { organizationId, podId } from "./fields.ts";
import { sample } from "./sample.ts";

/** A link to bytes, of an attachment or of a raw message. */
export const downloadUrl = z.url().openapi({
  description: `Where GET gives the bytes, without a key, for ${DOWNLOAD_SECONDS / 60} minutes. Anyone with the link can use it.`,
  example: "https://mail.example.com/v0/files/eyJwIjoi.3q2-7w",
});

export const downloadExpiry = timestamp.openapi({
  description: "When the link expires. Repeat the request for a new one.",
  example: sample.later,
});

const fields = {
  attachment_id: z.uuid().openapi({
    description: "The attachment's id, to get a link to its bytes by.",
    example: sample.attachmentId,
  }),
  filename: z.string().optional().openapi({
    description: "The file name that its sender gave, not sanitized; absent without one.",
    example: "invoice.pdf",
  }),
  size: z.int().openapi({ description: "Bytes, decoded.", example: 48_213 }),
  content_type: z.string().optional().openapi({
    description: "The media type that its sender declared; absent without one.",
    example: "application/pdf",
  }),
  content_disposition: z.enum(["inline", "attachment"]).optional().openapi({
    description:
      "inline: shown within the message, as images in HTML are. Absent when its sender did not declare it.",
  }),
  content_id: z.string().optional().openapi({
    description:
      "Content-ID, which cid: links in the HTML refer to, without angle brackets; absent when it has none.",
    example: "logo@example.org",
  }),
};

const attachmentSample = {
  attachment_id: sample.attachmentId,
  filename: "invoice.pdf",
  size: 48_213,
  content_type: "application/pdf",
  content_disposition: "attachment",
} as const;

export const v0Attachment = z.object(fields).openapi("Attachment", {
  title: "Attachment",
  description: "Metadata of a file of a message. getAttachment returns a link to its bytes.",
  example: attachmentSample,
});

export const v0AttachmentFile = z
  .object({
    organization_id: organizationId,
    pod_id: podId,
    ...fields,
    download_url: downloadUrl,
    expires_at: downloadExpiry,
    text_url: z.url().optional().openapi({
      description:
        "Where GET gives the text of a PDF, Word, Excel, HTML, CSV or other text file, as download_url gives its bytes and for as long. Absent when there is none.",
      example: "https://mail.example.com/v0/files/eyJwIjoi.9f-1c",
    }),
  })
  .openapi("AttachmentResponse", {
    title: "Attachment with a link to its bytes",
    example: {
      organization_id: sample.organizationId,
      pod_id: sample.podId,
      ...attachmentSample,
      download_url: "https://mail.example.com/v0/files/eyJwIjoi.3q2-7w",
      expires_at: sample.later,
    },
  });

export const toV0Attachment = (attachment: Attachment): Record<string, unknown> =>
  present({
    attachment_id: attachment.id,
    ...wire(attachment, ["filename", "size", "contentType", "contentDisposition", "contentId"]),
  });

export const fileUrl = (origin: string, token: string): string => `${origin}/v0/files/${token}`;

export const toV0AttachmentFile = (file: AttachmentFile, origin: string): Record<string, unknown> => ({
  ...wire(file, ["organizationId", "podId"]),
  ...toV0Attachment(file.attachment),
  download_url: fileUrl(origin, file.download.token),
  expires_at: file.download.expiresAt.toISOString(),
  ...(file.text !== null && { text_url: fileUrl(origin, file.text.token) }),
});
