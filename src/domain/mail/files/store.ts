/** SQL of files. One that has ended is absent, whoever asks, until it is deleted. */
import { type SelectQueryBuilder, sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { Tables } from "../../../storage/tables.ts";
import type { InboxTarget, Scope, SystemScope } from "../../door/access/index.ts";
import type { PageRequest } from "../../door/cursor.ts";
import { keyset } from "../../door/keyset.ts";
import type { FileState, StoredFile } from "./file.ts";
import { MAX_PATH_BYTES } from "./limits.ts";

/** The inbox that files are of. */
export type FileHome = Pick<InboxTarget, "id" | "podId" | "organizationId">;

const columns = [
  ...(["id", "pod_id", "inbox_id", "path", "size", "content_type", "sha256", "state", "key_id"] as const),
  ...(["expires_at", "created_at", "updated_at"] as const),
] as const;

interface Row {
  readonly id: string;
  readonly pod_id: string;
  readonly inbox_id: string;
  readonly path: string;
  readonly size: number;
  readonly content_type: string;
  readonly sha256: Buffer;
  readonly state: string;
  readonly key_id: string | null;
  readonly expires_at: Date | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

const fileOf = (row: Row): StoredFile => ({
  id: row.id,
  podId: row.pod_id,
  inboxId: row.inbox_id,
  path: row.path,
  size: row.size,
  contentType: row.content_type,
  sha256: row.sha256,
  // Cast: the column is checked for it.
  state: row.state as FileState,
  keyId: row.key_id,
  expiresAt: row.expires_at,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

const inInbox = (tx: Tx, scope: Scope, { podId, id }: FileHome) =>
  tx.within(scope).selectFrom("files").where("pod_id", "=", podId).where("inbox_id", "=", id).select(columns);

/** Files, and bytes of them. */
export interface Held {
  readonly files: number;
  readonly bytes: number;
}

/** What the organization has, in all of its pods. Until the transaction ends nobody else of it is told. */
export async function heldByOrganization(tx: Tx, scope: Scope, now: Date): Promise<Held> {
  const { rows } = await sql<{ files: string; bytes: string }>`
    select files, bytes from rookery_files_held(${now}::timestamptz)`.execute(tx.within(scope));
  return { files: Number(rows[0]?.files ?? 0), bytes: Number(rows[0]?.bytes ?? 0) };
}

/** The file at a path, one that has ended as well, which nobody else changes until the transaction ends. */
export async function lockFileAt(
  tx: Tx,
  scope: Scope,
  home: FileHome,
  path: string,
  now: Date,
): Promise<{ readonly file: StoredFile; readonly hasEnded: boolean } | null> {
  const row = await inInbox(tx, scope, home)
    .where("path", "=", path)
    .select(sql<boolean>`ends_at <= ${now}::timestamptz`.as("has_ended"))
    .forUpdate()
    .executeTakeFirst();
  return row === undefined ? null : { file: fileOf(row), hasEnded: row.has_ended };
}

/** @param lock nobody else changes it until the transaction ends */
export async function findFile(
  tx: Tx,
  scope: Scope,
  home: FileHome,
  id: string,
  { now, lock }: { readonly now: Date; readonly lock: boolean },
): Promise<StoredFile | null> {
  const query = inInbox(tx, scope, home).where("id", "=", id).where("ends_at", ">", now);
  const row = await (lock ? query.forUpdate() : query).executeTakeFirst();
  return row === undefined ? null : fileOf(row);
}

/** Sorts behind every path that begins with the prefix: the last character there is, as often as a path has room for it. */
const behind = (prefix: string): string => prefix + "\u{10FFFF}".repeat(MAX_PATH_BYTES / 4);

/** A page in the order of paths. @param prefix of their characters, none of which means another */
export async function selectFiles(
  tx: Tx,
  scope: Scope,
  home: FileHome,
  { prefix, now, page }: { readonly prefix: string; readonly now: Date; readonly page: PageRequest },
): Promise<StoredFile[]> {
  const query = inInbox(tx, scope, home).where("ends_at", ">", now);
  const rows = await keyset(withPrefix(query, prefix), ["path"], page, ["text"]).execute();
  return rows.map(fileOf);
}

const withPrefix = (
  query: SelectQueryBuilder<Tables, "files", Row>,
  prefix: string,
): SelectQueryBuilder<Tables, "files", Row> =>
  prefix === "" ? query : query.where("path", ">=", prefix).where("path", "<=", behind(prefix));

/** @param endsAt when it is absent, unless it is completed before */
export async function insertFile(
  tx: Tx,
  scope: Scope,
  { organizationId }: FileHome,
  file: StoredFile,
  endsAt: Date,
): Promise<void> {
  await tx
    .within(scope)
    .insertInto("files")
    .values({
      pod_id: file.podId,
      id: file.id,
      organization_id: organizationId,
      inbox_id: file.inboxId,
      path: file.path,
      size: file.size,
      sha256: file.sha256,
      content_type: file.contentType,
      state: file.state,
      key_id: file.keyId,
      expires_at: file.expiresAt,
      ends_at: endsAt,
      created_at: file.createdAt,
      updated_at: file.updatedAt,
    })
    .execute();
}

/** One whose bytes are there is complete, and ends when it expires. */
export async function completeRow(
  tx: Tx,
  scope: Scope,
  { podId, id }: Pick<StoredFile, "podId" | "id">,
  now: Date,
): Promise<void> {
  await sql`update files set state = 'ready', ends_at = coalesce(expires_at, 'infinity'), updated_at = ${now}
    where pod_id = ${podId}::uuid and id = ${id}::uuid`.execute(tx.within(scope));
}

/** With its pieces. */
export async function deleteFileRow(
  tx: Tx,
  scope: Scope,
  { podId, id }: Pick<StoredFile, "podId" | "id">,
): Promise<void> {
  await tx.within(scope).deleteFrom("files").where("pod_id", "=", podId).where("id", "=", id).execute();
}

/** Deletes up to `limit` files of a pod that have ended, with their pieces. @returns how many */
export async function deleteEndedFiles(
  tx: Tx,
  scope: SystemScope,
  podId: string,
  now: Date,
  limit: number,
): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from files where pod_id = ${podId}::uuid and id in (
      select id from files where pod_id = ${podId}::uuid and ends_at < 'infinity' and ends_at <= ${now}
      order by ends_at limit ${limit} for update skip locked)`.execute(tx.within(scope));
  return Number(numAffectedRows ?? 0n);
}
