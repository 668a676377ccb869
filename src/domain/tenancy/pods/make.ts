/** Making pods: the rules and the statements, for one as for a thousand. */
import { isDomainName, isHeaderSafe } from "../../../protocols/address/index.ts";
import { lockOwners } from "../../door/access/index.ts";
import { failed, made, type Outcome, thingsMade } from "../../door/batch.ts";
import type { Context } from "../../door/context.ts";
import { attempt, Failure, invalid } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
import { MAX_NAME_LENGTH } from "../../limits.ts";
import {
  type Candidate,
  checkClientId,
  claimNames,
  inOrder,
  openOf,
  releaseUnused,
} from "../client-ids/index.ts";
import { type Attached, attachTo, checkAttached, nothingAttached } from "./attached.ts";
import { type Pod, UNNAMED_POD } from "./pod.ts";
import { findGrouping, findPods, insertPods } from "./store.ts";

export interface CreatePod extends Partial<Attached> {
  readonly name?: string;
  readonly clientId?: string;
  /** Inboxes of this domain are grouped in the pod. */
  readonly groupDomain?: string;
  /** Whether they are put there of themselves; true when absent and there is a domain. */
  readonly autoGroup?: boolean;
}

type PodSettings = Attached & Pick<Pod, "name" | "groupDomain" | "autoGroup">;

export interface PodPlan {
  readonly clientId: string | null;
  /** Settings that are refused count only when the client_id is new. */
  readonly settings: PodSettings | Failure;
}

/** What follows from the input alone. @throws Failure input.invalid for the client_id */
export function planPod(input: CreatePod): PodPlan {
  return { clientId: checkClientId(input.clientId), settings: attempt(() => checkSettings(input)) };
}

function checkSettings({ name, groupDomain, autoGroup, policyId, ruleIds }: CreatePod): PodSettings {
  const attached = { policyId: policyId ?? null, ruleIds: ruleIds ?? [] };
  checkAttached(attached);
  const domain = groupDomain === undefined ? null : checkGroupDomain(groupDomain);
  if (domain === null && autoGroup === true)
    throw invalid(["autoGroup"], says`${field("autoGroup")} needs a ${field("groupDomain")}`);
  return {
    ...attached,
    name: name === undefined ? UNNAMED_POD : checkName(name),
    groupDomain: domain,
    autoGroup: autoGroup ?? domain !== null,
  };
}

function checkGroupDomain(written: string): string {
  const domain = written.toLowerCase();
  if (!isDomainName(domain))
    throw invalid(["groupDomain"], "Invalid domain", "Give a domain name such as mail.example.com.");
  return domain;
}

/** @throws Failure input.invalid */
export function checkName(name: string): string {
  if (name === "" || name.length > MAX_NAME_LENGTH || !isHeaderSafe(name))
    throw invalid(
      ["name"],
      says`${field("name")} must have 1 to ${MAX_NAME_LENGTH} characters and no control characters`,
    );
  return name;
}

/** Makes pods of the context's organization, or finds those that have the client_ids. @returns an outcome for each plan */
export async function makePods(context: Context, plans: readonly PodPlan[]): Promise<Outcome<Pod>[]> {
  const { tx, scope, now } = context;
  const { organizationId } = scope;
  const wanted = plans.map((plan) => ({ scope, plan }));
  const candidates = await claimNames(context, wanted, {
    claimOf: (_scope, clientId, id) =>
      ({ ownerId: organizationId, kind: "pod", clientId, podId: id, inboxId: null, resourceId: id }) as const,
    find: (ids) => findPods(tx, scope, ids),
  });
  const refused = await refuseSettings(context, openOf(candidates));
  const outcomes = inOrder(candidates, (candidate) => {
    const { id, plan } = candidate;
    const { clientId, settings } = plan;
    if (settings instanceof Failure) return failed(settings);
    const failure = refused.get(candidate);
    if (failure !== undefined) return failed(failure);
    return made<Pod>({
      id,
      organizationId,
      ...settings,
      clientId,
      pausedAt: null,
      suspendedAt: null,
      deleteAfter: null,
      createdAt: now,
      updatedAt: now,
    });
  });
  releaseUnused(context, candidates, outcomes);
  const pods = thingsMade(outcomes);
  tx.adds(pods.map(({ id }) => id));
  tx.beforeCommit(insertPods(tx, scope, pods));
  return outcomes;
}

type PodCandidate = Candidate<PodPlan, Pod>;

/** Those whose domain another pod groups, or that name what is not there to attach. Most pods have neither. */
async function refuseSettings(
  context: Context,
  candidates: readonly PodCandidate[],
): Promise<ReadonlyMap<PodCandidate, Failure>> {
  const refused = new Map<PodCandidate, Failure>();
  const settled = candidates.flatMap((candidate) =>
    candidate.plan.settings instanceof Failure ? [] : [{ candidate, settings: candidate.plan.settings }],
  );
  const taken = await takeGroupDomains(
    context,
    settled.flatMap(({ settings }) => settings.groupDomain ?? []),
  );
  for (const { candidate, settings } of settled) {
    const { groupDomain } = settings;
    if (groupDomain !== null && taken.has(groupDomain)) refused.set(candidate, domainGrouped(groupDomain));
    else if (groupDomain !== null) taken.add(groupDomain);
  }
  const attaching = settled.filter(
    ({ settings: { policyId, ruleIds } }) => policyId !== null || ruleIds.length > 0,
  );
  const failures = await attachTo(
    context,
    attaching.map(({ candidate, settings }) => ({
      podId: candidate.id,
      before: nothingAttached,
      after: settings,
      isNew: true,
    })),
  );
  for (const [index, { candidate }] of attaching.entries()) {
    const failure = failures[index] ?? null;
    if (failure !== null) refused.set(candidate, failure);
  }
  return refused;
}

/** @returns those of the domains that a pod groups; no other transaction takes one before this one ends */
async function takeGroupDomains(context: Context, domains: readonly string[]): Promise<Set<string>> {
  if (domains.length === 0) return new Set();
  const { tx, scope } = context;
  await lockOwners(tx, scope, [{ podId: null, inboxId: null }]);
  return new Set((await findGrouping(tx, scope, domains)).keys());
}

const domainGrouped = (domain: string) =>
  invalid(["groupDomain"], `Another pod groups inboxes of ${domain}`, "A domain is grouped by one pod.");
