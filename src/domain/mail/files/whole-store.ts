/** SQL of files with their bytes, of all inboxes of a pod. */
import { sql } from "kysely";
import { prefixWithin } from "../../../lib/prefix-within.ts";
import type { Tx } from "../../../storage/db.ts";
import type { Scope } from "../../door/access/index.ts";
import { hex, readBlobs } from "../blobs/rows.ts";
import type { InboxFile } from "./file.ts";
import { FILE_PIECE_BYTES } from "./limits.ts";

/** What of a file is told beside its bytes. */
export type WholeFile = Omit<InboxFile, "podId" | "state" | "keyId">;

export interface FilePiece {
  readonly file: WholeFile;
  /** From 0, which every file has. */
  readonly position: number;
  readonly content: Buffer;
}

interface Row extends WholeFile {
  readonly position: number;
  readonly pieceSha256: Buffer;
}

/**
 * Pieces of the files that are complete, in the order of their ids: those behind a piece, of files with earlier ids than `before`. A file that
 * is begun goes on when it has ended meanwhile, while its bytes are there.
 * @throws Error for bytes that are missing
 */
export async function readFilePieces(
  tx: Tx,
  scope: Scope,
  podId: string,
  { after, position, before }: { readonly after: string; readonly position: number; readonly before: string },
  now: Date,
  bounds: { readonly count: number; readonly bytes: number },
): Promise<{ readonly pieces: readonly FilePiece[]; readonly hasMore: boolean }> {
  const { rows } = await sql<Row>`
    select f.id, f.inbox_id as "inboxId", i.address as "inboxAddress", f.path, f.size, f.content_type as "contentType", f.sha256,
      f.expires_at as "expiresAt", f.created_at as "createdAt", f.updated_at as "updatedAt", p.position, p.sha256 as "pieceSha256"
    from file_pieces as p join files as f on f.pod_id = p.pod_id and f.id = p.file_id
      join inboxes as i on i.pod_id = f.pod_id and i.id = f.inbox_id
    where p.pod_id = ${podId}::uuid and (p.file_id, p.position) > (${after}::uuid, ${position}::integer)
      and p.file_id < ${before}::uuid and f.state = 'ready' and (f.ends_at > ${now}::timestamptz or f.id = ${after}::uuid)
    order by p.file_id, p.position limit ${bounds.count + 1}`.execute(tx.within(scope));
  const taken = rows.slice(0, prefixWithin(rows.map(pieceSize), bounds.count, bounds.bytes));
  const contents = await readBlobs(
    tx,
    scope,
    podId,
    taken.map(({ pieceSha256 }) => pieceSha256),
  );
  const pieces = taken.map(({ position: at, pieceSha256, ...file }): FilePiece => {
    const content = contents.get(hex(pieceSha256));
    // Nothing is left out without a word.
    if (content === undefined) throw new Error(`bytes of file ${file.id} are missing`);
    return { file, position: at, content };
  });
  return { pieces, hasMore: rows.length > taken.length };
}

const pieceSize = ({ size, position }: Row): number =>
  Math.min(FILE_PIECE_BYTES, size - position * FILE_PIECE_BYTES);
