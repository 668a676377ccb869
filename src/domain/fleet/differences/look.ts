/** Looks at tenants: what they are to be, what there is of them, and what differs. The code path of plans, applies and inventories. */
import { type DesiredTenant, expandTenant, type FleetTenant } from "../../../protocols/fleet-file/index.ts";
import type { Context } from "../../door/context.ts";
import { type Failure, fail } from "../../door/failures.ts";
import { findUnusable } from "../../tenancy/domains/index.ts";
import { findPodsOfAddresses } from "../../tenancy/inboxes/index.ts";
import { type Attributed, withAuthors } from "./authors.ts";
import { type Change, objectKey } from "./change.ts";
import type { Problem } from "./comparing.ts";
import type { FleetSettings } from "./desired.ts";
import { diffTenant } from "./diff.ts";
import type { Found, LiveTenant } from "./live.ts";
import { findLiveInboxes, findLiveKeys, findLiveWebhooks, findMarks, findPodsBySlug } from "./live-store.ts";
import type { Resolved } from "./resolved.ts";

/** A tenant that was looked at. */
export interface Looked {
  readonly desired: DesiredTenant;
  readonly found: Found;
  readonly changes: readonly Change[];
  readonly problems: readonly Problem[];
}

/** @param entries of the document, whose problems alone were looked for before */
export async function lookAt(
  context: Context,
  { defaults }: Pick<FleetSettings, "defaults">,
  resolved: Resolved,
  entries: readonly FleetTenant[],
): Promise<Looked[]> {
  const desired = entries.map((entry) => expandTenant({ defaults }, entry));
  const found = await findTenants(context, desired);
  const looked = desired.map((tenant, index) => {
    const there = found[index] ?? { live: null, mark: null };
    return { desired: tenant, found: there, ...diffTenant(tenant, there, resolved) };
  });
  return withProblems(context, await attributed(context, looked));
}

/** What there is of each. */
async function findTenants(context: Context, desired: readonly DesiredTenant[]): Promise<Found[]> {
  const { tx, scope, now } = context;
  const slugs = desired.map(({ slug }) => slug);
  const [pods, marks] = await Promise.all([findPodsBySlug(tx, scope, slugs), findMarks(tx, scope, slugs)]);
  const podIds = pods.map(({ id }) => id);
  const inboxes = desired.flatMap((tenant) => tenant.inboxes);
  const [liveInboxes, keys, webhooks] = await Promise.all([
    findLiveInboxes(tx, scope, podIds, distinct(inboxes.map(({ role }) => role))),
    findLiveKeys(tx, scope, podIds, distinct([...desired, ...inboxes].flatMap(keyNames)), now),
    findLiveWebhooks(
      tx,
      scope,
      podIds,
      distinct(desired.flatMap((tenant) => (tenant.webhooks ?? []).map(({ name }) => name))),
    ),
  ]);
  const inboxesOf = Map.groupBy(liveInboxes, ({ podId }) => podId);
  const keysOf = Map.groupBy(keys, ({ podId }) => podId);
  const webhooksOf = Map.groupBy(webhooks, ({ podId }) => podId);
  const live = new Map<string, LiveTenant>(
    pods.map((pod) => [
      pod.slug,
      {
        pod,
        inboxes: inboxesOf.get(pod.id) ?? [],
        keys: keysOf.get(pod.id) ?? [],
        webhooks: webhooksOf.get(pod.id) ?? [],
      },
    ]),
  );
  const marked = new Map(marks.map((mark) => [mark.slug, mark]));
  return slugs.map((slug) => ({ live: live.get(slug) ?? null, mark: marked.get(slug) ?? null }));
}

const distinct = (names: readonly string[]): string[] => [...new Set(names)];

const keyNames = ({ keys }: { readonly keys?: DesiredTenant["keys"] }): string[] =>
  (keys ?? []).map(({ name }) => name);

async function attributed(context: Context, looked: readonly Looked[]): Promise<Looked[]> {
  const all = looked.flatMap(({ changes, found: { mark } }) =>
    changes.map((change): Attributed => ({ change, mark, lostId: lostIdOf(change, mark?.objects ?? {}) })),
  );
  const changes = (await withAuthors(context, all)).values();
  return looked.map((one) => ({
    ...one,
    changes: one.changes.map((change) => changes.next().value ?? change),
  }));
}

function lostIdOf(
  { kind, name, address, objectId }: Change,
  objects: Readonly<Record<string, { readonly id: string }>>,
): string | null {
  if (objectId !== null) return null;
  const [role = "", ...own] = name.split("/");
  const keys = {
    pod: objectKey.pod,
    inbox: objectKey.inbox(name),
    key: address === null ? objectKey.podKey(name) : objectKey.inboxKey(role, own.join("/")),
    webhook: objectKey.webhook(name),
    ...{ policy: "", rule: "", list: "" },
  };
  return objects[keys[kind]]?.id ?? null;
}

/** What can be said before anything is tried: an address that is taken, a domain that no inbox may have. */
async function withProblems(context: Context, looked: readonly Looked[]): Promise<Looked[]> {
  const made = looked.flatMap((one) =>
    one.changes.filter(({ action, kind }) => action === "create" && kind === "inbox"),
  );
  if (made.length === 0) return [...looked];
  const shared = context.installation.domain;
  const podOf = ({ found: { live } }: Looked): string => live?.pod.id ?? context.scope.organizationId;
  const uses = looked.flatMap((one) =>
    one.changes
      .filter(({ action, kind }) => action === "create" && kind === "inbox")
      .map(({ address }) => ({ podId: podOf(one), domain: domainOf(address) })),
  );
  const [taken, unusable] = await Promise.all([
    findPodsOfAddresses(
      context.tx,
      context.scope,
      made.flatMap(({ address }) => address ?? []),
    ),
    findUnusable(
      context,
      uses.filter(({ domain }) => domain !== shared),
    ),
  ]);
  return looked.map((one) => {
    const problems = one.changes.flatMap((change): Problem[] => {
      if (change.action !== "create" || change.kind !== "inbox") return [];
      const domain = domainOf(change.address);
      const failure =
        (domain === shared ? null : unusable(podOf(one), domain)) ??
        takenFailure(taken.get(change.address ?? ""), change.address);
      return failure === null ? [] : [{ failure, changeId: change.id, kind: "inbox", name: change.name }];
    });
    return { ...one, problems: [...one.problems, ...problems] };
  });
}

const domainOf = (address: string | null): string =>
  (address ?? "").slice((address ?? "").lastIndexOf("@") + 1);

const takenFailure = (podId: string | undefined, address: string | null): Failure | null =>
  podId === undefined
    ? null
    : fail("inbox.taken", {
        message: `The address ${address} belongs to another inbox, in the pod ${podId}`,
        hint: "Nothing is found by its address: delete that inbox, or choose another address.",
      });
