/**
 * Addresses that another tenant made under a name before the pod had it verified. They neither take mail nor send it any more, and stay with their
 * inboxes all the same: an inbox is known by its address, and what it holds is its tenant's. So a person decides.
 */
import type { Context } from "../../door/context.ts";
import { type DomainUse, findOwnUses } from "../domains/index.ts";
import { findPodsOfAddresses } from "./store.ts";

/** An address that the pod was refused. */
export type RefusedAddress = DomainUse & { readonly address: string };

/** @returns what to do for those of `refused` that are such; none that a pod may have as the domain is the whole organization's */
export async function findLeftovers(
  context: Context,
  refused: readonly RefusedAddress[],
): Promise<ReadonlyMap<string, string>> {
  if (refused.length === 0) return new Map();
  const own = await findOwnUses(context, refused);
  const addresses = own.map(({ address }) => address);
  const holders = await findPodsOfAddresses(context.tx, context.scope, addresses);
  return new Map(
    own
      .filter(({ address, podId }) => holders.get(address) !== podId)
      .map(({ address }) => [address, remedyOf(address)]),
  );
}

const remedyOf = (address: string): string =>
  `Another tenant of this server made this address before its domain was verified for this pod, and can use it no more. Choose another one, or ask the operator of the server to delete it: rookery inboxes delete ${address}, or rookery aliases delete if it is an alias.`;
