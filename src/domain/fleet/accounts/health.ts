/**
 * Whether an inbox works, and why not: from what is so at the moment, in a number of statements that does not grow with the number
 * of inboxes. See docs/decisions/0030-accounts.md.
 */
import type { Context } from "../../door/context.ts";
import { findOverLimits } from "../../guardrails/policies/index.ts";
import { type FailingEndpoint, findFailingEndpoints } from "../../notify/webhooks/index.ts";
import { findUnusable } from "../../tenancy/domains/index.ts";
import { findDomainsInUse, type Inbox, type StatusFilter } from "../../tenancy/inboxes/index.ts";
import { findPodStates, findStoppedPods, type PodState } from "../../tenancy/pods/index.ts";
import { findSuspendedSenders } from "../../transit/outbound/index.ts";
import { MAX_DOMAINS_IN_USE, MAX_FAULTY_OWNERS, MAX_PAGE_FAULTS, WEBHOOK_FAULT_MINUTES } from "./limits.ts";

/** What is wrong, for programs. */
export const faultCodes = [
  "organization_paused",
  "suspended",
  "workspace_paused",
  "paused",
  "moving",
  "sending_suspended",
  "over_limits",
  "domain_not_verified",
  "webhook_failing",
] as const;
export type FaultCode = (typeof faultCodes)[number];

export interface Fault {
  readonly code: FaultCode;
  /** One sentence. */
  readonly message: string;
  /** Null when it is not known. */
  readonly since: Date | null;
}

export type HealthStatus = "valid" | "invalid";

export interface Health {
  /** Valid: it can send and receive, and its events are delivered. */
  readonly status: HealthStatus;
  /** Empty when it is valid; the widest cause first. */
  readonly faults: readonly Fault[];
}

/** An inbox with what a caller may see of what it depends on. */
export interface Account {
  readonly inbox: Inbox;
  /** Of its pod; null: none. */
  readonly policyId: string | null;
  readonly health: Health;
}

/**
 * Four statements for all of the inboxes, together in one round trip; two more, one after the other, where limits of a day or longer
 * bound any of them. @returns one for each, in order
 */
export async function accountsOf(context: Context, inboxes: readonly Inbox[]): Promise<Account[]> {
  if (inboxes.length === 0) return [];
  const [[states, senderFaults], domainFault, endpointFaults] = await Promise.all([
    context.tx.withKeptPlans(() => Promise.all([podStates(context, inboxes), suspensions(context, inboxes)])),
    domainFaults(context, inboxes),
    webhookFaults(context, inboxes),
  ]);
  const limitFaults = await overLimits(context, inboxes, states);
  return inboxes.map((inbox) => {
    const state = states.get(inbox.podId);
    const faults = [
      ...pauses(inbox, state),
      ...moving(inbox),
      ...senderFaults(inbox),
      ...limitFaults(inbox),
      ...domainFault(inbox),
      ...endpointFaults(inbox),
    ];
    return {
      inbox,
      policyId: state?.policyId ?? null,
      health: { status: faults.length === 0 ? "valid" : "invalid", faults },
    };
  });
}

async function podStates(
  { tx, scope }: Context,
  inboxes: readonly Inbox[],
): Promise<ReadonlyMap<string, PodState>> {
  const ids = [...new Set(inboxes.map(({ podId }) => podId))];
  return new Map((await findPodStates(tx, scope, ids)).map((state) => [state.id, state]));
}

function pauses({ pausedAt }: Inbox, pod: PodState | undefined): Fault[] {
  const suspended: Fault[] =
    pod === undefined || pod.suspendedAt === null
      ? []
      : [
          {
            code: "suspended",
            message: "The workspace is suspended: its keys are dead",
            since: pod.suspendedAt,
          },
        ];
  const paused = (code: FaultCode, what: string, since: Date | null | undefined): Fault[] =>
    since === null || since === undefined
      ? []
      : [{ code, message: `The ${what} is paused: it neither sends nor receives`, since }];
  return [
    ...paused("organization_paused", "organization", pod?.organizationPausedAt),
    ...suspended,
    ...paused("workspace_paused", "workspace", pod?.pausedAt),
    ...paused("paused", "account", pausedAt),
  ];
}

const moving = ({ movingTo }: Inbox): Fault[] =>
  movingTo === null
    ? []
    : [{ code: "moving", message: "The account is being moved to another workspace", since: null }];

/** Of those that may not write to other servers because of their rates. */
async function suspensions(
  { tx, scope }: Context,
  inboxes: readonly Inbox[],
): Promise<(inbox: Inbox) => readonly Fault[]> {
  const podIds = [...new Set(inboxes.map(({ podId }) => podId))];
  const found = await findSuspendedSenders(tx, scope, podIds, MAX_PAGE_FAULTS);
  return ({ id, podId }) =>
    found
      .filter((one) => one.podId === podId && (one.inboxId ?? id) === id)
      .map(({ inboxId, since, reason }) => ({
        code: "sending_suspended",
        message: `The ${inboxId === null ? "workspace" : "account"} may not write to other servers: ${reason.replace(/\.$/, "")}`,
        since,
      }));
}

async function overLimits(
  context: Context,
  inboxes: readonly Inbox[],
  states: ReadonlyMap<string, PodState>,
): Promise<(inbox: Inbox) => readonly Fault[]> {
  const asked = inboxes.flatMap(({ id, podId }) => {
    const state = states.get(podId);
    return state === undefined ? [] : [{ ...state, id, podId }];
  });
  const found = Map.groupBy(await findOverLimits(context, asked, MAX_PAGE_FAULTS), ({ inboxId }) => inboxId);
  return ({ id }) =>
    (found.get(id) ?? []).map(({ failure: { message } }) => ({ code: "over_limits", message, since: null }));
}

const domainOf = ({ address }: Inbox): string => address.slice(address.lastIndexOf("@") + 1);

async function domainFaults(
  context: Context,
  inboxes: readonly Inbox[],
): Promise<(inbox: Inbox) => readonly Fault[]> {
  const shared = context.installation.domain;
  const uses = inboxes.map((inbox) => ({ podId: inbox.podId, domain: domainOf(inbox) }));
  const unusable = await findUnusable(
    context,
    uses.filter(({ domain }) => domain !== shared),
  );
  return (inbox) => {
    const domain = domainOf(inbox);
    return unusable(inbox.podId, domain) === null
      ? []
      : [{ code: "domain_not_verified", message: `The domain ${domain} is not verified`, since: null }];
  };
}

/** An endpoint counts when it has failed for a while: one attempt that failed is tried again, and no fault of the inbox yet. */
const failingBefore = (now: Date): Date => new Date(now.getTime() - WEBHOOK_FAULT_MINUTES * 60_000);

async function webhookFaults(
  { tx, actor, now }: Context,
  inboxes: readonly Inbox[],
): Promise<(inbox: Inbox) => readonly Fault[]> {
  // A key learns of endpoints what it may read of them.
  if (!actor.may("webhook_read")) return () => [];
  const owners = {
    podIds: [...new Set(inboxes.map(({ podId }) => podId))],
    inboxIds: inboxes.map(({ id }) => id),
  };
  const failing = await findFailingEndpoints(tx, actor.scope, failingBefore(now), owners, MAX_PAGE_FAULTS);
  return ({ id, podId }) =>
    failing
      .filter((endpoint) => endpoint.podIds.includes(podId) || endpoint.inboxIds.includes(id))
      .map((endpoint) => webhookFault(endpoint));
}

const webhookFault = ({ id, enabled, failingSince }: FailingEndpoint): Fault => ({
  code: "webhook_failing",
  message: `The webhook ${id} ${enabled ? "fails" : "was switched off because it failed"}`,
  since: failingSince,
});

/** What a list by status leaves out or asks for. @returns null: no inbox at all is valid */
export async function statusFilter(context: Context, wanted: HealthStatus): Promise<StatusFilter | null> {
  const { tx, scope, actor, now, installation } = context;
  const [states, pods, senders, endpoints, uses, over] = await Promise.all([
    findPodStates(tx, scope, [scope.podId ?? scope.organizationId]),
    findStoppedPods(tx, scope, MAX_FAULTY_OWNERS),
    findSuspendedSenders(tx, scope, null, MAX_FAULTY_OWNERS),
    actor.may("webhook_read")
      ? findFailingEndpoints(tx, actor.scope, failingBefore(now), null, MAX_FAULTY_OWNERS)
      : Promise.resolve([]),
    findDomainsInUse(tx, scope, MAX_DOMAINS_IN_USE),
    findOverLimits(context, null, MAX_FAULTY_OWNERS),
  ]);
  if (states.some(({ organizationPausedAt }) => organizationPausedAt !== null)) return null;
  const custom = uses.filter(({ domain }) => domain !== installation.domain);
  const unusable = await findUnusable(context, custom);
  return {
    wanted,
    podIds: [
      ...pods,
      ...senders.flatMap(({ podId, inboxId }) => (inboxId === null ? [podId] : [])),
      ...endpoints.flatMap(({ podIds }) => podIds),
    ],
    inboxIds: [
      ...senders.flatMap(({ inboxId }) => inboxId ?? []),
      ...endpoints.flatMap(({ inboxIds }) => inboxIds),
      ...over.map(({ inboxId }) => inboxId),
    ],
    domains: custom.flatMap(({ podId, domain }) => (unusable(podId, domain) === null ? [] : [domain])),
  };
}
