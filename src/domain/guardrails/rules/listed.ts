/** Asks value lists about the messages at hand: one statement for a group, and none where no rule names a list. */
import type { Tx } from "../../../storage/db.ts";
import type { AnyScope } from "../../door/access/index.ts";
import { findListedValues } from "../value-lists/index.ts";
import type { ListedField } from "./compile.ts";
import type { Subject } from "./subject.ts";
import { type IsListed, valuesIn } from "./values.ts";

/** @param asked messages, each with the lists that its rules name @returns what the lists say of any of their values */
export async function askLists(
  tx: Tx,
  scope: AnyScope,
  asked: readonly { readonly subject: Subject; readonly lists: readonly ListedField[] }[],
): Promise<IsListed> {
  const wanted = new Map<string, Set<string>>();
  for (const { subject, lists } of asked) {
    const valuesOf = valuesIn(subject);
    for (const { listId, field } of lists) for (const value of valuesOf(field)) addTo(wanted, listId, value);
  }
  const probes = [...wanted].flatMap(([listId, values]) => [...values].map((value) => ({ listId, value })));
  const found = new Map<string, Set<string>>();
  for (const { listId, value } of await findListedValues(tx, scope, probes)) addTo(found, listId, value);
  return (listId, value) => found.get(listId)?.has(value) === true;
}

function addTo(lists: Map<string, Set<string>>, listId: string, value: string): void {
  const values = lists.get(listId) ?? new Set<string>();
  lists.set(listId, values);
  values.add(value);
}
