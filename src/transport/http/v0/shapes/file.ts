import { z } from "@hono/zod-openapi";
import type { CreatedFile, InboxFile, LinkedFile } from "../../../../domain/mail/files/index.ts";
import {
  MAX_FILE_BYTES,
  MAX_FILES,
  MAX_FILES_BYTES,
  MAX_PATH_BYTES,
  UPLOAD_SECONDS,
} from "../../../../domain/mail/files/index.ts";
import { downloadExpiry, downloadUrl, fileUrl } from "./attachment.ts";
import { moment, present, timestamp, wire } from "./common.ts";
import { createdAt, inboxId } from "./fields.ts";
import { sample } from "./sample.ts";

const MIB = 1024 * 1024;

const path = z.string().openapi({
  description: `Names with one / between two of them, none of which is . or .., 1 to ${MAX_PATH_BYTES} bytes in UTF-8 without control characters. Unique in the inbox; compared byte by byte.`,
  example: "reports/q3.pdf",
});
const size = z.number().openapi({
  type: "integer",
  minimum: 0,
  maximum: MAX_FILE_BYTES,
  description: `Bytes, ${MAX_FILE_BYTES / MIB} MiB at most.`,
  example: 48_213,
});
const sha256 = z.string().openapi({
  description: "SHA-256 digest of the bytes, in base64 with padding.",
  example: "ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=",
});
const contentType = z.string().openapi({
  description: "Media type that it is served with.",
  example: "application/pdf",
});

export const createFileBody = z
  .object({
    path,
    size,
    sha256,
    content_type: contentType
      .openapi({ description: "Media type that it is served with; application/octet-stream when absent." })
      .optional(),
    expires_at: moment
      .openapi({
        description: "When it is gone, in the future; rounded up to a whole second. Absent: never.",
        example: sample.ahead,
      })
      .optional(),
  })
  .openapi("CreateFileRequest", {
    title: "File to create",
    example: {
      path: "reports/q3.pdf",
      size: 48_213,
      sha256: "ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=",
      content_type: "application/pdf",
    },
  });

const item = {
  file_id: z.uuid().openapi({ description: "The file's id.", example: sample.attachmentId }),
  inbox_id: inboxId,
  email: z.string().openapi({ description: "The address; the same as inbox_id.", example: sample.inbox }),
  path,
  name: z.string().openapi({ description: "The last name of the path.", example: "q3.pdf" }),
  size,
  content_type: contentType,
  sha256,
  status: z.enum(["pending", "ready"]).openapi({
    description:
      "pending until its bytes are uploaded and it is completed; absent a day after it was created if it is not.",
  }),
  created_at: createdAt,
  updated_at: timestamp.openapi({ description: "When it last changed, as by its completion." }),
  expires_at: timestamp.optional().openapi({
    description: "When it is gone; absent: never.",
    example: sample.ahead,
  }),
};

const itemSample = {
  file_id: sample.attachmentId,
  inbox_id: sample.inbox,
  email: sample.inbox,
  path: "reports/q3.pdf",
  name: "q3.pdf",
  size: 48_213,
  content_type: "application/pdf",
  sha256: "ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=",
  status: "ready",
  created_at: sample.at,
  updated_at: sample.at,
} as const;

export const v0FileItem = z
  .object(item)
  .openapi("FileItem", { title: "File in a list", example: itemSample });

const linked = {
  ...item,
  download_url: downloadUrl.optional().openapi({
    description:
      "Where GET gives the bytes, without a key, for an hour or until the file expires. Anyone with the link can use it. Absent while the file is pending, and for keys without file_read.",
  }),
  download_expires_at: downloadExpiry.optional().openapi({
    description: "When the link expires; absent without one.",
  }),
};

export const v0File = z.object(linked).openapi("File", {
  title: "File with a link to its bytes",
  example: {
    ...itemSample,
    download_url: "https://mail.example.com/v0/files/eyJpIjoi.3q2-7w",
    download_expires_at: sample.later,
  },
});

const upload = z
  .object({
    method: z.literal("PUT").openapi({ description: "Method of the request that uploads the bytes." }),
    url: z.url().openapi({
      description: "Where to PUT the bytes, without a key. Anyone with the link can use it.",
      example: "https://mail.example.com/v0/files/eyJpIjoi.9f-1c",
    }),
    headers: z.record(z.string(), z.string()).openapi({
      description: "Headers to send with the bytes, as they are.",
      example: {
        "Content-Type": "application/pdf",
        "Content-Digest": "sha-256=:ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs=:",
      },
    }),
    expires_at: timestamp.openapi({
      description: `When the link expires, ${UPLOAD_SECONDS / 60} minutes later at most. Send the same create again for another.`,
      example: sample.later,
    }),
  })
  .openapi({ description: "Where the bytes go, while the file is pending." });

export const v0CreatedFile = z
  .object({
    ...linked,
    upload: upload.optional(),
  })
  .openapi("CreateFileResponse", { title: "File with where its bytes go, while it is pending" });

/** What the organization may have, as documents say it. */
export const quota = `${MAX_FILES_BYTES / MIB / 1024} GiB and ${MAX_FILES.toLocaleString("en")} files`;

export const toV0FileItem = (file: InboxFile): Record<string, unknown> =>
  present({
    file_id: file.id,
    inbox_id: file.inboxAddress,
    email: file.inboxAddress,
    path: file.path,
    name: file.path.slice(file.path.lastIndexOf("/") + 1),
    ...wire(file, ["size", "contentType"]),
    sha256: file.sha256.toString("base64"),
    status: file.state === "ready" ? "ready" : "pending",
    ...wire(file, ["createdAt", "updatedAt", "expiresAt"]),
  });

/** @param origin where links lead to */
export const toV0File = (file: LinkedFile, origin: string): Record<string, unknown> => ({
  ...toV0FileItem(file),
  ...(file.download !== null && {
    download_url: fileUrl(origin, file.download.token),
    download_expires_at: file.download.expiresAt.toISOString(),
  }),
});

export const toV0CreatedFile = (file: CreatedFile, origin: string): Record<string, unknown> => ({
  ...toV0File(file, origin),
  ...(file.upload !== null && {
    upload: {
      method: "PUT",
      url: fileUrl(origin, file.upload.token),
      headers: {
        "Content-Type": file.contentType,
        // RFC 9530 section 2.
        "Content-Digest": `sha-256=:${file.sha256.toString("base64")}:`,
      },
      expires_at: file.upload.expiresAt.toISOString(),
    },
  }),
});
