/** SQL of DKIM keys. Private halves are written here; they are read by rookery_sending_domains, and when the seal key was lost. */

import { anyOf, byteaOf, insertion, type Tx } from "../../../storage/db.ts";
import type { AnyScope } from "../../door/access/index.ts";
import {
  type DkimAlgorithm,
  type DkimKey,
  type DkimKeyState,
  dkimAlgorithms,
  type PublishedKey,
} from "./dkim-key.ts";
import type { Domain } from "./domain.ts";

export type KeyOwner = Pick<Domain, "id" | "organizationId" | "podId">;

/** Keys of domains that are there. */
export async function insertDkimKeys(
  tx: Tx,
  scope: AnyScope,
  keys: readonly { readonly domain: KeyOwner; readonly key: DkimKey }[],
): Promise<void> {
  if (keys.length === 0) return;
  const rows = keys.map(({ domain, key }) => ({
    domain_id: domain.id,
    selector: key.selector,
    organization_id: domain.organizationId,
    pod_id: domain.podId,
    algorithm: key.algorithm,
    public_key: key.publicKey,
    private_key_sealed: byteaOf(key.privateKeySealed),
    state: key.state,
    created_at: key.stateAt,
    state_at: key.stateAt,
  }));
  await insertion("dkim_keys", rows).execute(tx.within(scope));
}

/** Keys by the ids of their domains, in the order in which records list them: those that sign, those that will, those that did. */
export async function findDkimKeys(
  tx: Tx,
  scope: AnyScope,
  domainIds: readonly string[],
): Promise<ReadonlyMap<string, readonly PublishedKey[]>> {
  if (domainIds.length === 0) return new Map();
  const rows = await tx
    .within(scope)
    .selectFrom("dkim_keys")
    .where("domain_id", "=", anyOf(domainIds))
    .select(["domain_id", "selector", "algorithm", "public_key", "state", "state_at"])
    .execute();
  const keys = rows.map((row) => ({
    domainId: row.domain_id,
    selector: row.selector,
    algorithm: readAlgorithm(row.algorithm),
    publicKey: row.public_key,
    state: readState(row.state),
    stateAt: row.state_at,
  }));
  const inOrder = keys.toSorted(
    (a, b) =>
      states.indexOf(a.state) - states.indexOf(b.state) ||
      dkimAlgorithms.indexOf(a.algorithm) - dkimAlgorithms.indexOf(b.algorithm) ||
      a.selector.localeCompare(b.selector),
  );
  return Map.groupBy(inOrder, ({ domainId }) => domainId);
}

const states: readonly DkimKeyState[] = ["active", "next", "retiring"];

function readState(stored: string): DkimKeyState {
  const state = states.find((known) => known === stored);
  if (state === undefined) throw new Error(`unknown state of a DKIM key ${stored}`);
  return state;
}

export function readAlgorithm(stored: string): DkimAlgorithm {
  const algorithm = dkimAlgorithms.find((known) => known === stored);
  if (algorithm === undefined) throw new Error(`unknown DKIM algorithm ${stored}`);
  return algorithm;
}

/** Those of them that are in `from` come to `to`. */
export async function changeKeyState(
  tx: Tx,
  scope: AnyScope,
  domainId: string,
  algorithm: DkimAlgorithm,
  change: { readonly from: DkimKeyState; readonly to: DkimKeyState; readonly at: Date },
): Promise<void> {
  await tx
    .within(scope)
    .updateTable("dkim_keys")
    .set({ state: change.to, state_at: change.at })
    .where("domain_id", "=", domainId)
    .where("algorithm", "=", algorithm)
    .where("state", "=", change.from)
    .execute();
}

/** Deletes keys of a domain that have been retiring since before `before`. @returns how many */
export async function deleteRetired(
  tx: Tx,
  scope: AnyScope,
  domainId: string,
  before: Date,
): Promise<number> {
  const result = await tx
    .within(scope)
    .deleteFrom("dkim_keys")
    .where("domain_id", "=", domainId)
    .where("state", "=", "retiring")
    .where("state_at", "<", before)
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

/** Deletes all keys of a domain. */
export async function deleteKeys(tx: Tx, scope: AnyScope, domainId: string): Promise<void> {
  await tx.within(scope).deleteFrom("dkim_keys").where("domain_id", "=", domainId).execute();
}
