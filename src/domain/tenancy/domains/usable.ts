import type { Tx } from "../../../storage/db.ts";
import type { AnyScope } from "../../door/access/index.ts";
import type { Context } from "../../door/context.ts";
import { type Failure, fail } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
import { returnPathHost } from "./records.ts";
import {
  findDomains,
  findUsableDomains,
  findVerifiedDomains,
  findVerifiedNames,
  type UsableDomain,
} from "./store.ts";

/** The name itself and the names above it, without the top level: `a.b.example.com` has three. At most 126 (RFC 1035). */
export function namesUpwards(name: string): string[] {
  const labels = name.split(".");
  return labels.slice(0, -1).map((_label, index) => labels.slice(index).join("."));
}

/**
 * The name and those above it that are nearer to it than a domain of the pod. Where one of them is verified it is another tenant's, and
 * decides: who owns what is above may neither take its addresses nor write under them.
 */
export const namesBelow = (name: string, domain: string): string[] =>
  namesUpwards(name).filter((one) => one.length > domain.length);

/** An inbox is wanted in the pod under the name (lower-case, valid). */
export interface DomainUse {
  readonly podId: string;
  readonly domain: string;
}

/**
 * Looks up whether inboxes may be made under names: each is a verified domain of the pod or of the organization, or below one
 * that allows subdomains. The nearest one decides. Another tenant's domain is answered like one that does not exist.
 * @returns why not, for any of `uses`: Failure domain.not_verified, domain.subdomains_disabled; or null
 */
export async function findUnusable(
  { tx, scope }: Pick<Context, "tx" | "scope">,
  uses: readonly DomainUse[],
): Promise<(podId: string, domain: string) => Failure | null> {
  const keyOf = ({ podId, domain }: DomainUse): string => `${podId} ${domain}`;
  const distinct = [...new Map(uses.map((use) => [keyOf(use), use])).values()];
  const usable = await findUsableDomains(
    tx,
    scope,
    distinct.map(({ podId, domain }) => ({ podId, names: namesUpwards(domain) })),
  );
  const nearer = distinct.map(({ domain }, index) => {
    const nearest = usable[index]?.[0];
    return nearest === undefined ? [] : namesBelow(domain, nearest.domain);
  });
  const held = await findVerifiedNames(tx, scope, [...new Set(nearer.flat())]);
  const failures = new Map(
    distinct.map((use, index) => {
      const isHeld = nearer[index]?.some((name) => held.has(name)) ?? false;
      return [keyOf(use), refuse(use.domain, isHeld ? undefined : usable[index]?.[0])];
    }),
  );
  return (podId, domain) => failures.get(keyOf({ podId, domain })) ?? null;
}

function refuse(name: string, nearest: UsableDomain | undefined): Failure | null {
  if (nearest === undefined)
    return fail("domain.not_verified", {
      message: `${name} is not a verified domain of this pod`,
      hint: "Create the domain, publish its records and verify it; or use the installation's own, which has no need of it.",
    });
  if (nearest.domain !== name && !nearest.subdomainsEnabled)
    return fail("domain.subdomains_disabled", {
      message: `${nearest.domain} does not allow inboxes on its subdomains`,
      hint: says`Set ${field("subdomainsEnabled")} on ${nearest.domain}, or create ${name} as a domain of its own.`,
    });
  if (!nearest.verified)
    return fail("domain.not_verified", {
      message: `${nearest.domain} is not verified`,
      hint: "Publish the records that the domain lists, then verify it.",
    });
  return null;
}

/**
 * Whether the nearest domain of a name that is verified is another tenant's: then nobody of the pod is who an address there says.
 */
export async function isAnothers(
  { tx, scope }: Pick<Context, "tx" | "scope">,
  { podId, domain }: DomainUse,
): Promise<boolean> {
  const names = namesUpwards(domain);
  const held = await findVerifiedNames(tx, scope, names);
  const nearest = names.find((name) => held.has(name));
  if (nearest === undefined) return false;
  const [usable = []] = await findUsableDomains(tx, scope, [{ podId, names: [nearest] }]);
  return !usable.some(({ verified }) => verified);
}

/**
 * The pods that own names (lower-case), whether they are verified or not: the nearest domain decides, as above. The context is the
 * organization's. @returns by name; null: the organization's as a whole, or nobody's here
 */
export async function findPodsOfDomains(
  { tx, scope }: Pick<Context, "tx" | "scope">,
  names: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  const upwards = new Map(names.map((name) => [name, namesUpwards(name)]));
  const found = await findDomains(tx, scope, [...new Set([...upwards.values()].flat())]);
  // Of several claims of a name that which ranks first.
  const owners = new Map(found.toReversed().map(({ domain, podId }) => [domain, podId]));
  return new Map(
    [...upwards].map(([name, above]) => {
      const nearest = above.find((one) => owners.has(one));
      return [name, nearest === undefined ? null : (owners.get(nearest) ?? null)];
    }),
  );
}

/**
 * True when a tenant of the scope gets the mail of that name (lower-case): a verified domain, or below one that allows subdomains; not
 * one that only sends.
 */
export async function isHostedDomain(tx: Tx, scope: AnyScope, name: string): Promise<boolean> {
  const [nearest] = await findVerifiedDomains(tx, scope, namesUpwards(name));
  return nearest?.inboundEnabled === true && (nearest.domain === name || nearest.subdomainsEnabled);
}

/**
 * True when the bounces of a verified domain of the scope come back to that name (lower-case), whether the domain takes mail itself or not.
 */
export async function isReturnPathHost(tx: Tx, scope: AnyScope, name: string): Promise<boolean> {
  const above = name.slice(name.indexOf(".") + 1);
  return name === returnPathHost(above) && (await findVerifiedDomains(tx, scope, [above])).length > 0;
}

/** Those of the uses where the nearest domain of the name is the pod's own, not the whole organization's. The scope has the pods. */
export async function findOwnUses<Use extends DomainUse>(
  { tx, scope }: Pick<Context, "tx" | "scope">,
  uses: readonly Use[],
): Promise<Use[]> {
  const asked = uses.map(({ podId, domain }) => ({ podId, names: namesUpwards(domain) }));
  const usable = await findUsableDomains(tx, scope, asked);
  const nearest = usable.map(([first]) => first?.domain);
  const known = await findDomains(tx, scope, [...new Set(nearest.flatMap((one) => one ?? []))]);
  return uses.filter(({ podId }, index) =>
    known.some(({ domain, podId: owner }) => domain === nearest[index] && owner === podId),
  );
}
