/** Which list is meant, and whose. */
import type { Targeted } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";
import { canonicalEntry } from "./entry.ts";
import { directions, type List, type ListOwner, listTypes } from "./list-entry.ts";

/** As a caller names a list: any text. */
export interface NamedList {
  readonly direction: string;
  readonly listType: string;
}

export interface NamedEntry extends NamedList {
  readonly entry: string;
}

/** @throws Failure object.not_found for what is none of the six lists */
export function requireList({ direction, listType }: NamedList): List {
  const list = {
    direction: directions.find((one) => one === direction),
    listType: listTypes.find((one) => one === listType),
  };
  if (list.direction === undefined || list.listType === undefined)
    throw fail("object.not_found", {
      message: "List not found",
      hint: `There are lists for ${directions.join(", ")}, each to ${listTypes.join(" and to ")}.`,
    });
  return { direction: list.direction, listType: list.listType };
}

/** @throws Failure object.not_found for what can be on no list */
export function requireNamedEntry(named: NamedEntry): List & { readonly entry: string } {
  const list = requireList(named);
  const entry = canonicalEntry(named.entry);
  if (entry === null) throw noEntry();
  return { ...list, entry };
}

export const noEntry = (): Error =>
  fail("object.not_found", {
    message: "List entry not found",
    hint: "List the entries to see those there are.",
  });

/**
 * The owner whose list is meant: the one that is named, and none is the organization's as a whole. Narrower lists are named by
 * their pod or inbox, so that one's key does not take its own list for the organization's (contract 2.3).
 * @throws Failure scope.forbidden for a key of less than the organization, when no pod and no inbox is named
 */
export function ownerOf({ scope, pod, inbox }: Targeted<"any">): ListOwner {
  if (pod === null && inbox === null && scope.level !== "organization")
    throw fail("scope.forbidden", {
      message: "Forbidden",
      hint: "Ask for the lists of the key's own pod or inbox: the organization's need a key of the organization.",
    });
  return { podId: scope.podId, inboxId: scope.inboxId, inboxAddress: inbox?.address ?? null };
}
