/** What is there, as a document would say it: the way of a fleet that was made otherwise into a file. */
import type { FleetTenant } from "../../../protocols/fleet-file/index.ts";
import { operation } from "../../door/operation.ts";
import { findPolicies } from "../../guardrails/policies/index.ts";
import { findRulesById } from "../../guardrails/rules/index.ts";
import { findTenantsOfPods, type LiveKey, type LiveTenant } from "../differences/index.ts";
import { FLEET_BATCH } from "../limits.ts";
import { findOrphans, type Orphan } from "./removal-store.ts";

/** How far it has come. */
export interface DocumentState {
  readonly after: Pick<Orphan, "id" | "createdAt">;
  readonly tenants: number;
  readonly skipped: number;
}

/** What a document cannot say. */
export interface Skipped {
  readonly podId: string;
  readonly why: string;
}

export interface DocumentRun {
  readonly tenants: readonly { readonly podId: string; readonly tenant: FleetTenant }[];
  readonly skipped: readonly Skipped[];
  readonly counts: Pick<DocumentState, "tenants" | "skipped">;
  readonly next: DocumentState | null;
}

/**
 * One run: a batch of pods, oldest first. Policies and rules are named, and not declared: they are there. A pod without a client_id has
 * no slug, and an inbox or a webhook without one no name that an apply could find it by; such are skipped.
 */
export const fleetDocument = operation({
  name: "fleet.document",
  needs: ["pod_read", "inbox_read", "api_key_read", "webhook_read", "guardrail_read"],
  on: "organization",
  kind: "read",
  async run(context, { from }: { readonly from?: DocumentState }): Promise<DocumentRun> {
    const { tx, scope, installation, now } = context;
    const pods = await findOrphans(tx, scope, null, from?.after ?? null, FLEET_BATCH);
    const named = pods.filter(({ slug, suspendedAt }) => slug !== null && suspendedAt === null);
    const live = await findTenantsOfPods(
      tx,
      scope,
      named.map(({ id }) => id),
      now,
    );
    const [policies, rules] = [
      await findPolicies(tx, scope, distinct(live.map(({ pod }) => pod.policyId)), installation.limits),
      await findRulesById(tx, scope, distinct(live.flatMap(({ pod }) => pod.ruleIds))),
    ];
    const nameOf = namesOf([...policies, ...rules]);
    const tenants = live.map((one) => ({ podId: one.pod.id, tenant: tenantOf(one, nameOf) }));
    const skipped = [
      ...pods
        .filter(({ slug }) => slug === null)
        .map(({ id }) => ({ podId: id, why: "the pod has no client_id" })),
      ...pods
        .filter(({ suspendedAt }) => suspendedAt !== null)
        .map(({ id }) => ({ podId: id, why: "the pod is suspended" })),
      ...live.flatMap(skippedIn),
    ];
    const counts = {
      tenants: (from?.tenants ?? 0) + tenants.length,
      skipped: (from?.skipped ?? 0) + skipped.length,
    };
    const last = pods.at(-1);
    const isLast = last === undefined || pods.length < FLEET_BATCH;
    return { tenants, skipped, counts, next: isLast ? null : { after: last, ...counts } };
  },
});

const distinct = (ids: readonly (string | null)[]): string[] => [...new Set(ids.flatMap((id) => id ?? []))];

/** The name of a thing, or its id when others of the fleet have the name as well. */
function namesOf(things: readonly { readonly id: string; readonly name: string }[]): (id: string) => string {
  const byName = Map.groupBy(things, ({ name }) => name);
  const names = new Map(things.map(({ id, name }) => [id, byName.get(name)?.length === 1 ? name : id]));
  return (id) => names.get(id) ?? id;
}

function tenantOf({ pod, inboxes, keys, webhooks }: LiveTenant, nameOf: (id: string) => string): FleetTenant {
  const keysOf = (inboxId: string | null) =>
    firstOfName(keys.filter((key) => key.inboxId === inboxId)).map(({ name, permissions }) => ({
      name,
      ...(permissions !== null && { permissions }),
    }));
  return {
    slug: pod.slug,
    name: pod.name,
    ...(pod.policyId !== null && { policy: nameOf(pod.policyId) }),
    ...(pod.ruleIds.length > 0 && { rules: pod.ruleIds.map(nameOf) }),
    inboxes: inboxes.flatMap(({ id, role, address, displayName, metadata }) =>
      role === null
        ? []
        : [
            {
              role,
              address,
              ...(displayName !== null && { display_name: displayName }),
              ...(metadata !== null && { metadata }),
              ...(keysOf(id).length > 0 && { keys: keysOf(id) }),
            },
          ],
    ),
    ...(keysOf(null).length > 0 && { keys: keysOf(null) }),
    ...(webhooks.some(isNamed) && {
      webhooks: webhooks
        .filter(isNamed)
        .map(({ name, url, eventTypes }) => ({ name: name ?? "", url, event_types: [...eventTypes] })),
    }),
  };
}

const isNamed = ({ name, inboxId }: LiveTenant["webhooks"][number]): boolean =>
  name !== null && inboxId === null;

const firstOfName = (keys: readonly LiveKey[]): LiveKey[] => [
  ...new Map(keys.toReversed().map((key) => [key.name, key])).values(),
];

const skippedIn = ({ pod, inboxes, webhooks }: LiveTenant): Skipped[] => [
  ...inboxes
    .filter(({ role }) => role === null)
    .map(({ address }) => ({ podId: pod.id, why: `the inbox ${address} has no client_id` })),
  ...webhooks
    .filter((webhook) => !isNamed(webhook))
    .map(({ url }) => ({ podId: pod.id, why: `the webhook for ${url} is no named one of the pod` })),
];
