/** Bytes by a link: of a file piece by piece, and of what else links of this server lead to. */
import type { InTurn } from "../../../lib/loop-turns.ts";
import { type Actor, systemActorAround } from "../../door/access/index.ts";
import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { type DownloadFile, type DownloadParts, openDownload, readBlob, readLink } from "../blobs/index.ts";
import { noFile } from "./get.ts";
import { FILE_PIECE_BYTES } from "./limits.ts";
import { type FileClaim, openClaim } from "./link.ts";
import { findPieces } from "./piece-store.ts";
import { findFile } from "./store.ts";

/** What a link leads to. */
export interface Linked extends DownloadFile {
  /** Bytes that are held at once while it is read piece by piece; null: it is read as a whole. */
  readonly pieces: {
    readonly bytes: number;
    read(inTurn: InTurn, range: ByteRange): AsyncGenerator<Buffer, void>;
  } | null;
}

/** Octets from `start`, the first is 0, to before `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** A link that is good, before what it leads to is looked at. */
export interface Link {
  readonly podId: string;
  /** @throws Failure file.expired when what it leads to was deleted */
  open(): Promise<Linked>;
}

export const expiredLink = () =>
  fail("file.expired", {
    message: "Forbidden",
    hint: "Ask for the file again: each answer has a new link.",
  });

/**
 * A link to a file of an inbox, an attachment, a raw message or the text of one.
 * @throws Failure file.expired for a forged or expired link, or when what it leads to was deleted: they look alike
 */
export async function findLink(parts: DownloadParts, token: string): Promise<Link> {
  const claim = openClaim(parts.sealer, "file", token, parts.clock.now());
  if (claim === null) {
    const link = readLink(parts, token);
    return { podId: link.podId, open: async () => ({ ...(await openDownload(parts, link)), pieces: null }) };
  }
  if (claim === "expired") throw expiredLink();
  const home = await systemActorAround(parts.database, "download", claim.inboxId);
  if (home === null) throw expiredLink();
  return { podId: home.podId, open: () => openFile(parts, home.actor, claim) };
}

/** What a link leads to. @throws Failure as findLink */
export const openLink = async (parts: DownloadParts, token: string): Promise<Linked> =>
  (await findLink(parts, token)).open();

async function openFile({ door }: DownloadParts, actor: Actor, claim: FileClaim): Promise<Linked> {
  const at = { inbox: { id: claim.inboxId } };
  const found = await door.run(describe, actor, at, claim);
  if (found === null) throw expiredLink();
  const { file, hashes } = found;
  const read = async function* (inTurn: InTurn, { start, end }: ByteRange): AsyncGenerator<Buffer, void> {
    for (const [position, sha256] of hashes.entries()) {
      const from = position * FILE_PIECE_BYTES;
      if (from >= end || from + FILE_PIECE_BYTES <= start) continue;
      const piece = await inTurn(() => door.run(readPiece, actor, at, { sha256 }));
      yield piece.subarray(Math.max(0, start - from), end - from);
    }
  };
  return {
    podId: file.podId,
    size: file.size,
    filename: file.path.split("/").at(-1) ?? null,
    contentType: file.contentType,
    sha256: file.sha256,
    pieces: { bytes: Math.min(file.size, FILE_PIECE_BYTES), read },
    async read() {
      const pieces: Buffer[] = [];
      for await (const piece of read((work) => work(), { start: 0, end: file.size })) pieces.push(piece);
      return Buffer.concat(pieces);
    },
  };
}

const describe = operation({
  name: "file.describe",
  needs: "system",
  on: "inbox",
  kind: "read",
  async run({ tx, scope, inbox, now }, { fileId }: { readonly fileId: string }) {
    const file = await findFile(tx, scope, inbox, fileId, { now, lock: false });
    if (file === null || file.state !== "ready") return null;
    return { file, hashes: await findPieces(tx, scope, file) };
  },
});

const readPiece = operation({
  name: "file.read_piece",
  needs: "system",
  on: "inbox",
  kind: "read",
  async run({ tx, scope, inbox }, { sha256 }: { readonly sha256: Buffer }): Promise<Buffer> {
    const content = await readBlob(tx, scope, inbox.podId, sha256);
    if (content === null) throw noFile();
    return content;
  },
});
