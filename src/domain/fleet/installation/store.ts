/** SQL of the installation's own row. */
import { sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { AnyScope } from "../../door/access/index.ts";

export interface InstallationRow {
  /** A known text under the seal key; null: no start has written it yet. */
  readonly sealCanary: Buffer | null;
  /** Of the root key admitted last, which may have been revoked since. */
  readonly rootKeySha256: Buffer | null;
}

const row = (tx: Tx, scope: AnyScope) =>
  tx
    .within(scope)
    .selectFrom("installation")
    .select(["seal_canary as sealCanary", "root_key_sha256 as rootKeySha256"]);

export const readInstallation = (tx: Tx, scope: AnyScope): Promise<InstallationRow> =>
  row(tx, scope).executeTakeFirstOrThrow();

/** As readInstallation, and holds off other starts until this transaction ends. */
export const lockInstallation = (tx: Tx, scope: AnyScope): Promise<InstallationRow> =>
  row(tx, scope).forUpdate().executeTakeFirstOrThrow();

export async function updateInstallation(
  tx: Tx,
  scope: AnyScope,
  change: { readonly sealCanary: Buffer } | { readonly rootKeySha256: Buffer },
): Promise<void> {
  await tx
    .within(scope)
    .updateTable("installation")
    .set(
      "sealCanary" in change ? { seal_canary: change.sealCanary } : { root_key_sha256: change.rootKeySha256 },
    )
    .execute();
}

/** @returns milliseconds by which `ours` is ahead of PostgreSQL's clock when the transaction began; negative: behind */
export async function findClockLead(tx: Tx, scope: AnyScope, ours: Date): Promise<number> {
  const { rows } = await sql<{ now: Date }>`select now() as now`.execute(tx.within(scope));
  return ours.getTime() - (rows[0]?.now ?? ours).getTime();
}

export interface SealedCounts {
  readonly webhooks: number;
  readonly domains: number;
}

/** How many things of tenants hold something sealed. */
export async function countSealed(tx: Tx, scope: AnyScope): Promise<SealedCounts> {
  const { rows } = await sql<{ webhooks: string; domains: string }>`
    select (select count(*) from webhooks) as webhooks, (select count(*) from domains) as domains`.execute(
    tx.within(scope),
  );
  return { webhooks: Number(rows[0]?.webhooks ?? 0), domains: Number(rows[0]?.domains ?? 0) };
}
