/** SQL of all drafts of a pod: those that are too old, and those to export. */
import { sql } from "kysely";
import { prefixWithin } from "../../../lib/prefix-within.ts";
import type { Tx } from "../../../storage/db.ts";
import type { Scope, SystemScope } from "../../door/access/index.ts";
import type { Attachment } from "../../mail/attachments/index.ts";
import { readFiles } from "./attachment-store.ts";
import type { FullDraft } from "./draft.ts";
import { findDrafts } from "./store.ts";

/** Deletes up to `limit` drafts of a pod that were last changed before, but for those that are still to be sent. @returns how many */
export async function deleteOldDrafts(
  tx: Tx,
  scope: SystemScope,
  podId: string,
  before: Date,
  limit: number,
): Promise<number> {
  const db = tx.within(scope);
  const { rows } = await sql<{ id: string; has_name: boolean }>`
    delete from drafts where pod_id = ${podId} and id in (
      select id from drafts where pod_id = ${podId} and updated_at < ${before} and send_status is distinct from 'scheduled'
      order by updated_at limit ${limit} for update skip locked)
    returning id, client_id is not null as has_name`.execute(db);
  const named = rows.filter((row) => row.has_name).map(({ id }) => id);
  if (named.length > 0)
    await sql`delete from client_ids where pod_id = ${podId} and resource_id = any (${named}::uuid[])`.execute(
      db,
    );
  return rows.length;
}

/** A draft with the bytes of its files. */
export interface WholeDraft extends FullDraft {
  readonly files: readonly { readonly attachment: Attachment; readonly content: Buffer }[];
}

/**
 * A pod's drafts between two ids.
 * @param bounds how many, and how many bytes of files: of one that is larger, its own
 * @returns them, and whether there are more
 */
export async function readWholeDrafts(
  tx: Tx,
  scope: Scope,
  podId: string,
  { after, before }: { readonly after: string; readonly before: string },
  bounds: { readonly count: number; readonly bytes: number },
): Promise<{ readonly drafts: readonly WholeDraft[]; readonly hasMore: boolean }> {
  const { rows } = await sql<{ id: string; size: number }>`
    select id, size from drafts where pod_id = ${podId} and id > ${after}::uuid and id < ${before}::uuid
    order by id limit ${bounds.count + 1}`.execute(tx.within(scope));
  const taken = rows.slice(
    0,
    prefixWithin(
      rows.map(({ size }) => size),
      bounds.count,
      bounds.bytes,
    ),
  );
  const found = await findDrafts(
    tx,
    scope,
    taken.map(({ id }) => id),
  );
  const drafts: WholeDraft[] = [];
  for (const draft of found.toSorted((one, other) => (one.id < other.id ? -1 : 1)))
    drafts.push({ ...draft, files: await filesOf(tx, scope, draft) });
  return { drafts, hasMore: rows.length > taken.length };
}

async function filesOf(tx: Tx, scope: Scope, draft: FullDraft): Promise<WholeDraft["files"]> {
  if (draft.attachments.length === 0) return [];
  const contents = await readFiles(tx, scope, draft);
  return draft.attachments.map((attachment) => {
    const content = contents.get(attachment.id);
    if (content === undefined) throw new Error(`the bytes of file ${attachment.id} of a draft are missing`);
    return { attachment, content };
  });
}
