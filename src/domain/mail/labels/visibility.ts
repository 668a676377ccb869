/** Restricted labels and who sees what carries them (contract 9.4). */
import { type Actor, type RestrictedLabel, restrictedLabels } from "../../door/access/index.ts";

/** Restricted labels that the caller of a list asked to see. */
export type Included = Partial<Readonly<Record<RestrictedLabel, boolean>>>;

/** Labels that keep an item out of a list: those that the query does not include, and those that the key may not see. */
export function hiddenLabels(actor: Actor, included: Included): string[] {
  return restrictedLabels.filter((label) => included[label] !== true || actor.unseenLabels.includes(label));
}

/** True when the key may see an item with these labels by its id. */
export function mayRead(actor: Actor, labels: readonly string[]): boolean {
  return !actor.unseenLabels.some((label) => labels.includes(label));
}

/**
 * The same for what is kept of a message and tells of it, which may outlive it.
 * @param labels null: it was deleted, and nobody knows which it had, so who may not see all of them is not told
 */
export function mayReadOf(actor: Actor, labels: readonly string[] | null): boolean {
  return labels === null ? actor.unseenLabels.length === 0 : mayRead(actor, labels);
}
