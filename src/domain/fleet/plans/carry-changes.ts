/** Changes what is there of a batch of tenants, field by field, by the changes that every noun has; and revokes what is replaced. */
import type { Outcome } from "../../door/batch.ts";
import type { Change as Audited, Context } from "../../door/context.ts";
import { isEventType } from "../../door/events.ts";
import { attempt, Failure } from "../../door/failures.ts";
import { changeWebhooks } from "../../notify/webhooks/index.ts";
import { changeKeys, revokeKeys } from "../../tenancy/api-keys/index.ts";
import { changeInboxes, checkChange, type SaidOfInbox } from "../../tenancy/inboxes/index.ts";
import { changePods, checkPodChange, type UpdatePod, unsuspendPods } from "../../tenancy/pods/index.ts";
import { type Change, type Looked, permissionsOf, type Resolved } from "../differences/index.ts";
import type { TenantFailure } from "./carry-tenants.ts";

export interface Changed {
  readonly failures: readonly TenantFailure[];
  /** The rows that the single changes would leave. */
  readonly audited: readonly Audited[];
}

/** A change of one tenant. */
interface One {
  readonly looked: Looked;
  readonly change: Change;
  readonly id: string;
}

export async function changeObjects(
  context: Context,
  resolved: Resolved,
  looked: readonly Looked[],
): Promise<Changed> {
  const of = (action: Change["action"], kind: Change["kind"]): One[] =>
    looked.flatMap((one) =>
      one.changes
        .filter((change) => change.action === action && change.kind === kind)
        .map((change) => ({ looked: one, change, id: change.objectId ?? "" })),
    );
  // One kind after the other, in one order: two batches never wait for each other in a circle.
  const parts = [
    // First: nothing of a pod that is suspended can be changed. It leaves its own rows of the audit.
    await each(
      of("resume", "pod"),
      ({ id }) => id,
      (ids) => unsuspendPods(context, ids),
      null,
    ),
    await each(
      of("update", "pod"),
      (one) => podChange(one, resolved),
      (wanted) => changePods(context, wanted),
      "pod.update",
    ),
    await each(
      of("update", "inbox"),
      inboxChange,
      (wanted) => changeInboxes(context, wanted),
      "inbox.update",
    ),
    await each(
      of("replace", "key"),
      ({ id }) => id,
      (ids) => revokeKeys(context, ids),
      "api_key.delete",
    ),
    await each(of("update", "key"), keyChange, (wanted) => changeKeys(context, wanted), "api_key.update"),
    await each(
      of("update", "webhook"),
      webhookChange,
      (wanted) => changeWebhooks(context, wanted),
      "webhook.update",
    ),
  ];
  return {
    failures: parts.flatMap(({ failures }) => failures),
    audited: parts.flatMap(({ audited }) => audited),
  };
}

/** @param wanted what the noun is asked for one of them. @param operation null: the noun says itself what it changed. @throws nothing: a Failure of `wanted` is that one's outcome */
async function each<Wanted, Thing>(
  ones: readonly One[],
  wanted: (one: One) => Wanted,
  act: (wanted: readonly Wanted[]) => Promise<readonly Outcome<Thing>[]>,
  operation: string | null,
): Promise<Changed> {
  if (ones.length === 0) return { failures: [], audited: [] };
  const asked = ones.map((one) => ({ one, wanted: attempt(() => wanted(one)) }));
  const failures: TenantFailure[] = [];
  const fail = ({ looked, change }: One, failure: Failure): void =>
    void failures.push({ slug: looked.desired.slug, change, failure });
  const valid = asked.flatMap(({ one, wanted: own }) => (own instanceof Failure ? [] : [{ one, own }]));
  for (const { one, wanted: own } of asked) if (own instanceof Failure) fail(one, own);
  const outcomes = await act(valid.map(({ own }) => own));
  const audited = valid.flatMap(({ one }, index): Audited[] => {
    const outcome = outcomes[index];
    if (outcome === undefined) throw new Error("a change was overlooked");
    if (outcome.kind === "failed") {
      fail(one, outcome.failure);
      return [];
    }
    return operation === null ? [] : [auditOf(one, operation)];
  });
  return { failures, audited };
}

function auditOf({ looked, change, id }: One, operation: string): Audited {
  const podId = looked.found.live?.pod.id;
  return {
    operation,
    ...(podId !== undefined && { podId }),
    target: change.kind === "inbox" ? (change.address ?? id) : id,
  };
}

const has = ({ fields }: Change, name: string): boolean => fields.some(({ field }) => field === name);

function podChange({ looked: { desired }, change, id }: One, resolved: Resolved) {
  const { name, policy, rules } = desired;
  const wanted: UpdatePod = {
    ...(has(change, "name") && name !== undefined && { name }),
    ...(has(change, "policy") && policy !== undefined && { policyId: resolved.policyId(policy) }),
    ...(has(change, "rules") &&
      rules !== undefined && { ruleIds: rules.flatMap((rule) => resolved.ruleId(rule) ?? []) }),
  };
  return { id, change: checkPodChange(wanted) };
}

function inboxChange({ looked: { desired, found }, change, id }: One) {
  const inbox = desired.inboxes.find(({ role }) => role === change.name);
  const there = found.live?.inboxes.find((one) => one.id === id);
  if (inbox === undefined || there === undefined) throw new Error("an inbox to change is not there");
  const { displayName, metadata } = inbox;
  const wanted: SaidOfInbox = {
    ...(has(change, "displayName") && displayName !== undefined && { displayName }),
    ...(change.fields.some(({ field }) => field.startsWith("metadata.")) &&
      metadata !== undefined && { metadata }),
  };
  return { podId: there.podId, id, change: checkChange(wanted) };
}

function keyChange({ looked: { desired }, change, id }: One) {
  const own = (desired.keys ?? []).map((key) => ({ key, name: key.name, address: null }));
  const ofInboxes = desired.inboxes.flatMap(({ role, address, keys = [] }) =>
    keys.map((key) => ({ key, name: `${role}/${key.name}`, address })),
  );
  const wanted = [...own, ...ofInboxes].find(
    ({ name, address }) => name === change.name && address === change.address,
  );
  if (wanted === undefined) throw new Error("a key to change is not in the document");
  return { id, permissions: permissionsOf(wanted.key) };
}

function webhookChange({ looked: { desired }, change, id }: One) {
  const webhook = desired.webhooks?.find(({ name }) => name === change.name);
  if (webhook === undefined) throw new Error("a webhook to change is not in the document");
  return {
    id,
    ...(has(change, "url") && { url: webhook.url }),
    ...(has(change, "eventTypes") && { eventTypes: webhook.eventTypes.filter(isEventType) }),
    ...(has(change, "enabled") && { enabled: true }),
  };
}
