/** Links of files: to upload their bytes, and to download them, for an hour and without a key. Nothing of a link is stored. */
import { z } from "zod";
import type { Sealer } from "../../../lib/seal.ts";
import { DOWNLOAD_SECONDS } from "../blobs/index.ts";
import type { FileLink, StoredFile } from "./file.ts";
import { UPLOAD_SECONDS } from "./limits.ts";

/** A file is found in the pod that its inbox is in by then, so that a link outlives a move. */
const claims = z.object({ i: z.uuid(), f: z.uuid(), e: z.number() });

export interface FileClaim {
  readonly inboxId: string;
  readonly fileId: string;
}

type Purpose = "upload" | "file";

const seconds = (at: Date): number => Math.floor(at.getTime() / 1000);

function sign(
  sealer: Sealer,
  purpose: Purpose,
  { id, inboxId }: Pick<StoredFile, "id" | "inboxId">,
  expiresAt: Date,
): FileLink {
  const claim: z.infer<typeof claims> = { i: inboxId, f: id, e: seconds(expiresAt) };
  const text = Buffer.from(JSON.stringify(claim)).toString("base64url");
  return { token: `${text}.${sealer.sign(text, purpose)}`, expiresAt };
}

/** The time so many seconds from now, or when the file ends, if that is before. */
function until(now: Date, lifeSeconds: number, endsAt: Date | null): Date {
  const end = (seconds(now) + lifeSeconds) * 1000;
  return new Date(endsAt === null ? end : Math.min(end, seconds(endsAt) * 1000));
}

/** @param endsAt when the file is absent, unless it is completed before */
export const signUpload = (sealer: Sealer, now: Date, file: StoredFile, endsAt: Date): FileLink =>
  sign(sealer, "upload", file, until(now, UPLOAD_SECONDS, endsAt));

export const signFile = (sealer: Sealer, now: Date, file: StoredFile): FileLink =>
  sign(sealer, "file", file, until(now, DOWNLOAD_SECONDS, file.expiresAt));

/** "expired": it was such a link. Null: it is none, or was changed. */
export function openClaim(
  sealer: Sealer,
  purpose: Purpose,
  token: string,
  now: Date,
): FileClaim | "expired" | null {
  const [text = "", signature = ""] = token.split(".", 2);
  if (!sealer.verify(text, signature, purpose)) return null;
  const { i, f, e } = claims.parse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
  return e * 1000 <= now.getTime() ? "expired" : { inboxId: i, fileId: f };
}
