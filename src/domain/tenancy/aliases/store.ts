/** SQL of aliases: rows of `addresses` beside the inbox's own. */
import { sql } from "kysely";
import { insertion, type Tx } from "../../../storage/db.ts";
import type { InboxTarget, Scope } from "../../door/access/index.ts";
import type { Alias } from "./alias.ts";

const aliasesIn = (tx: Tx, scope: Scope, { podId, id }: Pick<InboxTarget, "podId" | "id">) =>
  tx
    .within(scope)
    .selectFrom("addresses")
    .where("pod_id", "=", podId)
    .where("inbox_id", "=", id)
    .where("kind", "<>", "inbox")
    .select(["address", "kind", "created_at"]);

const aliasOf = (row: { address: string; kind: string; created_at: Date }): Alias => ({
  address: row.address,
  isCatchAll: row.kind === "catch_all",
  createdAt: row.created_at,
});

/** By their addresses, `most` of them. */
export async function findAliases(tx: Tx, scope: Scope, inbox: InboxTarget, most: number): Promise<Alias[]> {
  return (await aliasesIn(tx, scope, inbox).orderBy("address").limit(most).execute()).map(aliasOf);
}

export async function findAlias(
  tx: Tx,
  scope: Scope,
  inbox: Pick<InboxTarget, "podId" | "id">,
  address: string,
): Promise<Alias | null> {
  const row = await aliasesIn(tx, scope, inbox).where("address", "=", address).executeTakeFirst();
  return row === undefined ? null : aliasOf(row);
}

/** Takes the address, if it is free in the whole installation. @returns whether it was */
export async function insertAlias(tx: Tx, scope: Scope, inbox: InboxTarget, alias: Alias): Promise<boolean> {
  const row = {
    address: alias.address,
    organization_id: inbox.organizationId,
    pod_id: inbox.podId,
    inbox_id: inbox.id,
    kind: alias.isCatchAll ? "catch_all" : "alias",
    created_at: alias.createdAt,
  };
  const free = sql`on conflict (address) do nothing returning address`;
  const inserted = await insertion<{ readonly address: string }>("addresses", [row], free).execute(
    tx.within(scope),
  );
  return inserted.rows.length > 0;
}

/** @returns whether there was one */
export async function deleteAliasRow(
  tx: Tx,
  scope: Scope,
  { podId, id }: InboxTarget,
  address: string,
): Promise<boolean> {
  const result = await tx
    .within(scope)
    .deleteFrom("addresses")
    .where("pod_id", "=", podId)
    .where("inbox_id", "=", id)
    .where("address", "=", address)
    .where("kind", "<>", "inbox")
    .executeTakeFirst();
  return result.numDeletedRows > 0n;
}
