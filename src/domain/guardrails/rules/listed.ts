/** Asks value lists about the messages at hand: one statement for a group, and none where no rule names a list. */
import type { Tx } from "../../../storage/db.ts";
import type { AnyScope } from "../../door/access/index.ts";
import { findListedValues, type Probe } from "../value-lists/index.ts";
import type { IsListed, ListedField } from "./compile.ts";
import type { Subject } from "./subject.ts";

const keyOf = ({ listId, value }: Probe): string => `${listId} ${value}`;

/** @param asked messages, each with the lists that its rules name @returns what the lists say of any of their values */
export async function askLists(
  tx: Tx,
  scope: AnyScope,
  asked: readonly { readonly subject: Subject; readonly lists: readonly ListedField[] }[],
): Promise<IsListed> {
  const probes = new Map<string, Probe>();
  for (const { subject, lists } of asked)
    for (const { listId, valuesOf } of lists)
      for (const value of valuesOf(subject)) probes.set(keyOf({ listId, value }), { listId, value });
  const found = new Set((await findListedValues(tx, scope, [...probes.values()])).map(keyOf));
  return (listId, value) => found.has(keyOf({ listId, value }));
}
