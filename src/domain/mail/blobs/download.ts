/**
 * Download links: bearer URLs for the bytes, valid for an hour without a key (contract 9.7). The link names the
 * bytes and is signed; nothing about it is stored.
 */
import { z } from "zod";
import type { Clock } from "../../../lib/clock.ts";
import type { Sealer } from "../../../lib/seal.ts";
import type { Database } from "../../../storage/db.ts";
import { systemActor } from "../../door/access/index.ts";
import type { Door } from "../../door/door.ts";
import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { readText } from "./extract.ts";
import { DOWNLOAD_SECONDS } from "./limits.ts";
import { findBlobSize, readBlob } from "./rows.ts";

export interface Download {
  /** What follows `/v0/files/` in the URL. */
  readonly token: string;
  readonly expiresAt: Date;
}

const PURPOSE = "download";

const claims = z.object({
  p: z.uuid(),
  h: z.string(),
  n: z.string().nullable(),
  t: z.string().nullable(),
  e: z.number(),
  /** The text of the bytes instead of themselves. */
  x: z.literal(true).optional(),
});

export interface Downloadable {
  readonly podId: string;
  readonly sha256: Buffer;
  readonly filename: string | null;
  readonly contentType: string | null;
  /** The text that was taken out of the bytes. */
  readonly isText?: boolean;
}

export function signDownload(sealer: Sealer, now: Date, file: Downloadable): Download {
  const expiresAt = new Date(Math.floor(now.getTime() / 1000 + DOWNLOAD_SECONDS) * 1000);
  const claim: z.infer<typeof claims> = {
    p: file.podId,
    h: file.sha256.toString("base64url"),
    n: file.filename,
    t: file.contentType,
    e: expiresAt.getTime() / 1000,
    ...(file.isText === true && { x: true }),
  };
  const text = Buffer.from(JSON.stringify(claim)).toString("base64url");
  return { token: `${text}.${sealer.sign(text, PURPOSE)}`, expiresAt };
}

export interface DownloadParts {
  readonly door: Door;
  /** Where the pod of a link is looked up: who holds one has no key. */
  readonly database: Database;
  readonly sealer: Sealer;
  readonly clock: Clock;
}

/** A file that a link leads to. */
export interface DownloadFile {
  readonly podId: string;
  /** Bytes. */
  readonly size: number;
  readonly filename: string | null;
  readonly contentType: string | null;
  /** Of the bytes; null: they have a name of their own nowhere. */
  readonly sha256: Buffer | null;
  /** @throws Failure file.expired when it was deleted meanwhile */
  read(): Promise<Buffer>;
}

/** What a link says, without a look at whether the file is there. @throws Failure file.expired for a forged or expired link */
export function readLink(
  { sealer, clock }: Pick<DownloadParts, "sealer" | "clock">,
  token: string,
): Downloadable {
  const [text = "", signature = ""] = token.split(".", 2);
  if (!sealer.verify(text, signature, PURPOSE)) throw expired();
  const claim = claims.parse(JSON.parse(Buffer.from(text, "base64url").toString("utf8")));
  if (claim.e * 1000 <= clock.now().getTime()) throw expired();
  return {
    podId: claim.p,
    sha256: Buffer.from(claim.h, "base64url"),
    filename: claim.n,
    contentType: claim.t,
    isText: claim.x === true,
  };
}

/** The file of a link. @throws Failure file.expired when it was deleted, which looks like an expired link */
export async function openDownload(
  { door, database }: Pick<DownloadParts, "door" | "database">,
  link: Downloadable,
): Promise<DownloadFile> {
  const actor = await systemActor(database, "download", { podId: link.podId });
  if (actor === null) throw expired();
  const named = { podId: link.podId, sha256: link.sha256 };
  if (link.isText === true) return textFile(database, link);
  const size = await door.run(measure, actor, {}, named);
  if (size === null) throw expired();
  const { podId, sha256, filename, contentType } = link;
  return {
    ...{ podId, size, sha256, filename, contentType },
    async read() {
      const content = await door.run(read, actor, {}, named);
      if (content === null) throw expired();
      return content;
    },
  };
}

/** Read at once: it is a quarter of a million characters at most. */
async function textFile(database: Database, link: Downloadable): Promise<DownloadFile> {
  const { podId, filename, contentType } = link;
  const text = await readText(database, link);
  if (text === null) throw expired();
  const content = Buffer.from(text, "utf8");
  return { podId, size: content.byteLength, filename, contentType, sha256: null, read: async () => content };
}

interface NamedBlob {
  readonly podId: string;
  readonly sha256: Buffer;
}

const measure = operation({
  name: "blob.measure",
  needs: "system",
  on: "any",
  kind: "read",
  run: ({ tx, scope }, { podId, sha256 }: NamedBlob) => findBlobSize(tx, scope, podId, sha256),
});

const read = operation({
  name: "blob.read",
  needs: "system",
  on: "any",
  kind: "read",
  run: ({ tx, scope }, { podId, sha256 }: NamedBlob) => readBlob(tx, scope, podId, sha256),
});

const expired = () =>
  fail("file.expired", {
    message: "Forbidden",
    hint: "Ask for the attachment or raw message again: each answer has a new link.",
  });
