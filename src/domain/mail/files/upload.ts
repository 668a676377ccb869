/** Bytes that are uploaded by a link. What arrives is held to what was announced while it arrives, and is there as a whole or not at all. */
import { createHash } from "node:crypto";
import { sha256 as digestOf } from "../../../lib/hash.ts";
import type { InTurn } from "../../../lib/loop-turns.ts";
import { systemActorAround } from "../../door/access/index.ts";
import type { InboxContext } from "../../door/context.ts";
import { fail, invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { type DownloadParts, sweepJob } from "../blobs/index.ts";
import { expiredLink } from "./download.ts";
import type { StoredFile } from "./file.ts";
import { noFile } from "./get.ts";
import { FILE_PIECE_BYTES } from "./limits.ts";
import { openClaim } from "./link.ts";
import {
  dropPieces,
  holdForUpload,
  insertPiece,
  markStored,
  type Piece,
  takeForUpload,
} from "./piece-store.ts";
import { findFile } from "./store.ts";

export interface UploadParts extends DownloadParts {
  readonly newId: () => string;
}

/** What the request says of its bytes; null: nothing. */
export interface UploadHeaders {
  readonly contentType: string | null;
  /** The SHA-256 digest, in base64. */
  readonly sha256: string | null;
  readonly sizeBytes: number | null;
}

export interface Upload {
  readonly podId: string;
  /** Bytes that are held at once. */
  readonly heldBytes: number;
  /**
   * Keeps them, each piece in a turn of the pod's. Another upload of the same file ends this one.
   * @throws Failure input.invalid when they are not those that were announced, object.not_found when the file is gone meanwhile
   */
  receive(chunks: AsyncIterable<Uint8Array>, inTurn: InTurn): Promise<void>;
}

/** @throws Failure file.expired for a link that is none, object.not_found for a file that is gone, input.invalid for other headers */
export async function openUpload(parts: UploadParts, token: string, headers: UploadHeaders): Promise<Upload> {
  const { door, database, sealer, clock, newId } = parts;
  const claim = openClaim(sealer, "upload", token, clock.now());
  if (claim === null || claim === "expired") throw expiredLink();
  const home = await systemActorAround(database, "upload", claim.inboxId);
  if (home === null) throw noFile();
  const at = { inbox: { id: claim.inboxId } };
  const uploadId = newId();
  const named = { fileId: claim.fileId, uploadId };
  const file = await door.run(begin, home.actor, at, { ...named, headers });
  const drop = () => door.run(takeBack, home.actor, at, named);
  return {
    podId: file.podId,
    heldBytes: Math.min(file.size, FILE_PIECE_BYTES),
    async receive(chunks, inTurn) {
      const keep = (piece: Omit<Piece, "fileId">) =>
        inTurn(() => door.run(keepPiece, home.actor, at, { ...named, ...piece }));
      // Its bytes are there: these are only compared with them.
      if (file.state !== "pending") return void (await readPieces(file, chunks, async () => undefined));
      try {
        const last = await readPieces(file, chunks, keep);
        await inTurn(() => door.run(end, home.actor, at, { ...named, last }));
      } catch (error) {
        await drop();
        throw error;
      }
    },
  };
}

interface UploadName {
  readonly fileId: string;
  readonly uploadId: string;
}

const begin = operation({
  name: "file.begin_upload",
  needs: "system",
  on: "inbox",
  kind: "upkeep",
  async run({ tx, scope, inbox, now }, input: UploadName & { readonly headers: UploadHeaders }) {
    const file = await findFile(tx, scope, inbox, input.fileId, { now, lock: true });
    if (file === null) throw noFile();
    compareHeaders(file, input.headers);
    if (file.state === "pending") await takeForUpload(tx, scope, file, input.uploadId);
    return file;
  },
});

const keepPiece = operation({
  name: "file.keep_piece",
  needs: "system",
  on: "inbox",
  kind: "upkeep",
  async run(context, { uploadId, ...piece }: UploadName & Piece): Promise<void> {
    const { tx, scope, inbox, now } = context;
    await requireUpload(context, { fileId: piece.fileId, uploadId });
    await insertPiece(tx, scope, inbox, piece, now);
  },
});

/** Keeps the last piece, and with it the file's bytes are there. */
const end = operation({
  name: "file.upload",
  needs: "system",
  on: "inbox",
  kind: "write",
  async run(
    context,
    { fileId, uploadId, last }: UploadName & { readonly last: Omit<Piece, "fileId"> },
  ): Promise<void> {
    const { tx, scope, inbox, now } = context;
    const named = { podId: inbox.podId, id: fileId };
    context.target(fileId);
    await requireUpload(context, { fileId, uploadId });
    await insertPiece(tx, scope, inbox, { fileId, ...last }, now);
    await markStored(tx, scope, named, now);
  },
});

const takeBack = operation({
  name: "file.take_back",
  needs: "system",
  on: "inbox",
  kind: "upkeep",
  async run(context, { fileId, uploadId }: UploadName): Promise<void> {
    const { tx, scope, inbox } = context;
    if (await dropPieces(tx, scope, { podId: inbox.podId, id: fileId }, uploadId))
      context.enqueue(sweepJob(inbox.podId));
  },
});

/** @throws Failure object.not_found when the file is gone meanwhile, object.conflict when another upload of it began later */
async function requireUpload(
  { tx, scope, inbox, now }: InboxContext,
  { fileId, uploadId }: UploadName,
): Promise<void> {
  if (await holdForUpload(tx, scope, { podId: inbox.podId, id: fileId }, uploadId)) return;
  if ((await findFile(tx, scope, inbox, fileId, { now, lock: false })) === null) throw noFile();
  throw fail("object.conflict", {
    message: "Another upload of the file began later",
    hint: "Get the file, and upload it again unless its bytes are there.",
  });
}

function compareHeaders(file: StoredFile, { contentType, sha256, sizeBytes }: UploadHeaders): void {
  if (contentType !== file.contentType)
    throw differs(
      `Content-Type is ${JSON.stringify(contentType ?? "absent")}, and the file's is ${JSON.stringify(file.contentType)}`,
    );
  const announced = file.sha256.toString("base64");
  if (sha256 !== null && sha256 !== announced)
    throw differs(`Content-Digest names the SHA-256 digest ${sha256}, and the file's is ${announced}`);
  if (sizeBytes !== null && sizeBytes !== file.size) throw otherSize(`${sizeBytes} bytes`, file.size);
}

const differs = (what: string) =>
  invalid(
    [],
    `What is uploaded is not what was announced: ${what}`,
    "Nothing was kept. Send the file's own bytes with the upload's headers, or create the file anew.",
  );

const otherSize = (is: string, announced: number) => differs(`it has ${is}, and the file ${announced}`);

/**
 * Reads a body no further than the file's size, and holds a piece of it at a time.
 * @param keep is given each piece but the last, which is given back when all bytes are right
 */
async function readPieces(
  { size, sha256 }: StoredFile,
  chunks: AsyncIterable<Uint8Array>,
  keep: (piece: Omit<Piece, "fileId">) => Promise<unknown>,
): Promise<Omit<Piece, "fileId">> {
  const whole = createHash("sha256");
  let [read, position, filled] = [0, 0, 0];
  let piece = Buffer.allocUnsafeSlow(Math.min(size, FILE_PIECE_BYTES));
  for await (const chunk of chunks) {
    if (read + chunk.byteLength > size) throw otherSize("more bytes", size);
    whole.update(chunk);
    read += chunk.byteLength;
    for (let from = 0; from < chunk.byteLength; ) {
      if (filled === piece.byteLength) {
        await keep({ position: position++, sha256: digestOf(piece), content: piece });
        piece = Buffer.allocUnsafeSlow(Math.min(size - position * FILE_PIECE_BYTES, FILE_PIECE_BYTES));
        filled = 0;
      }
      const part = chunk.subarray(from, from + piece.byteLength - filled);
      piece.set(part, filled);
      filled += part.byteLength;
      from += part.byteLength;
    }
  }
  if (read < size) throw otherSize(`${read} bytes`, size);
  const digest = whole.digest();
  if (!digest.equals(sha256))
    throw differs(
      `its SHA-256 digest is ${digest.toString("base64")}, and the file's is ${sha256.toString("base64")}`,
    );
  return { position, sha256: digestOf(piece), content: piece };
}
