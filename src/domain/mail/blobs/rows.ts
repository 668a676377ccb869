/** Rows of blobs: bytes kept once per pod, under their hash. Other nouns' stores write and read them here. */
import { sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { AnyScope, Scope } from "../../door/access/index.ts";
import { BLOB_PIECE_BYTES, LARGE_BLOB_BYTES } from "./limits.ts";

/** Bytes to keep, once per pod. */
export interface NewBlob {
  readonly podId: string;
  readonly organizationId: string;
  readonly sha256: Buffer;
  readonly content: Uint8Array;
}

/**
 * Keeps bytes that the pod does not have yet: small ones all in one value, of which each row takes its piece, and large ones each in a statement of its own.
 * All are sent at once.
 */
export async function insertBlobs(
  tx: Tx,
  scope: AnyScope,
  blobs: readonly NewBlob[],
  now: Date,
): Promise<void> {
  const isLarge = ({ content }: NewBlob): boolean => content.byteLength > LARGE_BLOB_BYTES;
  const small = blobs.filter((blob) => !isLarge(blob));
  const statements = [...(small.length > 0 ? [small] : []), ...blobs.filter(isLarge).map((blob) => [blob])];
  await Promise.all(statements.map((part) => insertTogether(tx, scope, part, now)));
}

/** The bytes are the last value: the driver copies what it has written of a statement when there is no room for what follows. */
async function insertTogether(tx: Tx, scope: AnyScope, blobs: readonly NewBlob[], now: Date): Promise<void> {
  const sizes = blobs.map((blob) => blob.content.byteLength);
  const contents = blobs.map((blob) => blob.content);
  // One alone is sent as it is: it may be a whole large mail, and copying that takes time and room.
  const all = contents.length === 1 ? contents[0] : Buffer.concat(contents);
  await sql`
    insert into blobs (pod_id, sha256, organization_id, size, created_at, content)
    select pod_id, sha256, organization_id, size, ${now}, substring(whole.content from start for size)
    from unnest(${blobs.map((blob) => blob.podId)}::uuid[], ${blobs.map((blob) => hex(blob.sha256))}::bytea[],
      ${blobs.map((blob) => blob.organizationId)}::uuid[], ${sizes}::integer[], ${startsOf(sizes)}::integer[])
      as piece (pod_id, sha256, organization_id, size, start), (select ${all}::bytea as content) as whole
    on conflict do nothing`.execute(tx.within(scope));
}

/** Where each piece begins, counted from one. */
function startsOf(sizes: readonly number[]): number[] {
  let next = 1;
  return sizes.map((size) => {
    const start = next;
    next += size;
    return start;
  });
}

/** As values of `unnest` and of JSON write bytes. */
export const hex = (bytes: Buffer): string => `\\x${bytes.toString("hex")}`;

/**
 * Bytes that a row in the scope refers to, by their hash in hex; others, and deleted ones, are left out. A
 * request sees no row of blobs itself, hence the function; see migrations/0008_distributed.sql. Large ones are read in pieces: the
 * driver makes a text of twice the size of each value, and a mail of 25 MB would take 50 MB of heap. All pieces are asked for at once.
 */
export async function readBlobs(
  tx: Tx,
  scope: Scope,
  podId: string,
  hashes: readonly Buffer[],
): Promise<Map<string, Buffer>> {
  const { rows } = await sql<{ sha256: Buffer; size: number; content: Buffer | null }>`
    select sha256, size, case when size <= ${BLOB_PIECE_BYTES} then content end as content
    from rookery_blobs(${podId}::uuid, ${hashes.map(hex)}::bytea[])`.execute(tx.within(scope));
  const contents = new Map<string, Buffer>();
  for (const { sha256, size, content } of rows) {
    const whole = content ?? (await readInPieces(tx, scope, podId, { sha256, size }));
    if (whole !== null) contents.set(hex(sha256), whole);
  }
  return contents;
}

/** Null when it was deleted meanwhile. */
async function readInPieces(
  tx: Tx,
  scope: Scope,
  podId: string,
  { sha256, size }: { readonly sha256: Buffer; readonly size: number },
): Promise<Buffer | null> {
  const whole = Buffer.allocUnsafeSlow(size);
  const copyPiece = async (start: number): Promise<boolean> => {
    const { rows } = await sql<{ piece: Buffer }>`
      select substring(content from ${start + 1} for ${BLOB_PIECE_BYTES}) as piece
      from rookery_blobs(${podId}::uuid, ${[hex(sha256)]}::bytea[])`.execute(tx.within(scope));
    rows[0]?.piece.copy(whole, start);
    return rows.length > 0;
  };
  const starts = Array.from({ length: Math.ceil(size / BLOB_PIECE_BYTES) }, (_, at) => at * BLOB_PIECE_BYTES);
  const isThere = await Promise.all(starts.map(copyPiece));
  return isThere.every(Boolean) ? whole : null;
}

/** The same of one; null when there are none. */
export async function readBlob(tx: Tx, scope: Scope, podId: string, sha256: Buffer): Promise<Buffer | null> {
  return (await readBlobs(tx, scope, podId, [sha256])).get(hex(sha256)) ?? null;
}

/** How many they are. */
export async function findBlobSize(
  tx: Tx,
  scope: Scope,
  podId: string,
  sha256: Buffer,
): Promise<number | null> {
  const { rows } = await sql<{ size: number }>`
    select size from rookery_blobs(${podId}::uuid, ${[hex(sha256)]}::bytea[])`.execute(tx.within(scope));
  return rows[0]?.size ?? null;
}

/** Bytes of rows that refer to them, by the rows' ids; together at most what fits into a message. */
export async function readBytesOf(
  tx: Tx,
  scope: Scope,
  podId: string,
  rows: readonly { readonly id: string; readonly sha256: Buffer }[],
): Promise<Map<string, Buffer>> {
  if (rows.length === 0) return new Map();
  const hashes = rows.map(({ sha256 }) => sha256);
  const blobs = await readBlobs(tx, scope, podId, hashes);
  return new Map(
    rows.flatMap(({ id, sha256 }): [string, Buffer][] => {
      const content = blobs.get(hex(sha256));
      return content === undefined ? [] : [[id, content]];
    }),
  );
}
