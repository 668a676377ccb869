import { z } from "@hono/zod-openapi";
import type { Attachment, AttachmentFile } from "../../../../domain/messages/index.ts";
import { present, timestamp } from "./common.ts";

const fields = {
  attachment_id: z.uuid(),
  filename: z.string().optional(),
  size: z.int().openapi({ description: "Bytes, decoded." }),
  content_type: z.string().optional(),
  content_disposition: z.enum(["inline", "attachment"]).optional(),
  content_id: z.string().optional(),
};

export const v0Attachment = z.object(fields).openapi("Attachment");

export const v0AttachmentFile = z
  .object({
    organization_id: z.uuid(),
    pod_id: z.uuid(),
    ...fields,
    download_url: z.url().openapi({ description: "Works without a key until expires_at." }),
    expires_at: timestamp,
  })
  .openapi("AttachmentResponse");

export const toV0Attachment = (attachment: Attachment): Record<string, unknown> =>
  present({
    attachment_id: attachment.id,
    filename: attachment.filename,
    size: attachment.size,
    content_type: attachment.contentType,
    content_disposition: attachment.contentDisposition,
    content_id: attachment.contentId,
  });

export const fileUrl = (origin: string, token: string): string => `${origin}/v0/files/${token}`;

export const toV0AttachmentFile = (file: AttachmentFile, origin: string): Record<string, unknown> => ({
  organization_id: file.organizationId,
  pod_id: file.podId,
  ...toV0Attachment(file.attachment),
  download_url: fileUrl(origin, file.download.token),
  expires_at: file.download.expiresAt.toISOString(),
});
