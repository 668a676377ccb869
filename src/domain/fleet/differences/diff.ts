/** The one comparison of a tenant as it is to be with what is there: plans, applies, inventories and drift all ask it. Pure. */
import type { DesiredInbox, DesiredTenant } from "../../../protocols/fleet-file/index.ts";
import { fail } from "../../door/failures.ts";
import { type Change, changeOf, objectKey } from "./change.ts";
import {
  addAdopt,
  addCreate,
  addUpdate,
  byRole,
  type Comparing,
  differing,
  type Problem,
} from "./comparing.ts";
import { diffKeys } from "./diff-keys.ts";
import { diffWebhooks } from "./diff-webhooks.ts";
import type { Found, LiveInbox } from "./live.ts";
import type { Resolved } from "./resolved.ts";

export interface TenantDiff {
  readonly changes: readonly Change[];
  readonly problems: readonly Problem[];
}

/** @param resolved ids of what tenants share, by the names that the document has for it */
export function diffTenant(desired: DesiredTenant, found: Found, resolved: Resolved): TenantDiff {
  const comparing: Comparing = { desired, found, changes: [], problems: [] };
  diffPod(comparing, resolved);
  diffInboxes(comparing);
  diffKeys(comparing);
  diffWebhooks(comparing);
  return { changes: comparing.changes, problems: comparing.problems };
}

/** What a document says of a tenant's pod. */
export const podSays = ({ name, policy, rules }: DesiredTenant): unknown => [name, policy, rules];

function diffPod(comparing: Comparing, resolved: Resolved): void {
  const { desired, found } = comparing;
  const { slug, name, policy, rules } = desired;
  const draft = { kind: "pod", name: slug } as const;
  if (found.live === null) {
    addCreate(comparing, objectKey.pod, draft);
    return;
  }
  const { pod } = found.live;
  addAdopt(comparing, objectKey.pod, { ...draft, objectId: pod.id });
  if (pod.suspendedAt !== null)
    comparing.changes.push(
      changeOf({
        ...draft,
        action: "resume",
        tenant: slug,
        objectId: pod.id,
        cause: "file",
        why: "the document has the tenant, which is suspended",
      }),
    );
  const isPolicy = policy === undefined || resolved.policyId(policy) === pod.policyId;
  const wanted = rules?.map((rule) => resolved.ruleId(rule));
  const isRules = wanted === undefined || JSON.stringify(wanted) === JSON.stringify(pod.ruleIds);
  addUpdate(comparing, objectKey.pod, podSays(desired), {
    ...draft,
    objectId: pod.id,
    fields: [
      ...differing([["name", pod.name, name]]),
      ...(isPolicy ? [] : [{ field: "policy", from: resolved.policyName(pod.policyId), to: policy }]),
      ...(isRules ? [] : [{ field: "rules", from: pod.ruleIds.map(resolved.ruleName), to: rules }]),
    ],
  });
}

/** What a document says of an inbox. */
export const inboxSays = ({ address, displayName, metadata }: DesiredInbox): unknown => [
  address,
  displayName,
  metadata,
];

function diffInboxes(comparing: Comparing): void {
  const { desired, found } = comparing;
  const live = byRole(found.live);
  for (const inbox of desired.inboxes) {
    const there = live.get(inbox.role);
    const draft = { kind: "inbox", name: inbox.role, address: inbox.address } as const;
    if (there === undefined) addCreate(comparing, objectKey.inbox(inbox.role), draft);
    else diffInbox(comparing, inbox, there);
  }
  for (const extra of found.live?.inboxes ?? [])
    if (extra.role === null || !desired.inboxes.some(({ role }) => role === extra.role))
      comparing.changes.push(
        changeOf({
          kind: "inbox",
          name: extra.role ?? extra.address,
          address: extra.address,
          objectId: extra.id,
          action: "keep",
          tenant: desired.slug,
          cause: extra.role !== null && found.mark?.objects[objectKey.inbox(extra.role)] ? "file" : "drift",
          why: "the pod has it, and the document does not: an apply leaves it",
        }),
      );
}

function diffInbox(comparing: Comparing, inbox: DesiredInbox, there: LiveInbox): void {
  const key = objectKey.inbox(inbox.role);
  const draft = { kind: "inbox", name: inbox.role, address: there.address, objectId: there.id } as const;
  if (there.address !== inbox.address)
    comparing.problems.push({
      kind: "inbox",
      name: inbox.role,
      changeId: null,
      failure: fail("object.conflict", {
        message: `The inbox ${inbox.role} has the address ${there.address}, and the document says ${inbox.address}`,
        hint: "An address cannot be changed: give the other one a role of its own, or delete the inbox.",
      }),
    });
  addAdopt(comparing, key, draft);
  const metadata = Object.entries(inbox.metadata ?? {}).map(
    ([name, value]) => [`metadata.${name}`, there.metadata?.[name], value] as const,
  );
  addUpdate(comparing, key, inboxSays(inbox), {
    ...draft,
    fields: differing([["displayName", there.displayName ?? "", inbox.displayName], ...metadata]),
  });
}
