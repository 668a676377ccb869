/** Making inboxes: the rules and the statements, for one as for a thousand. */
import { failed, made, type Outcome, type Placed, thingsMade, withoutFailures } from "../../door/batch.ts";
import type { Context } from "../../door/context.ts";
import { Failure, fail } from "../../door/failures.ts";
import { field, says, type Text } from "../../door/text.ts";
import { type Candidate, claimNames, inOrderOfDrafts, openOf, releaseUnused } from "../client-ids/index.ts";
import { findUnusable } from "../domains/index.ts";
import { keepAddresses, suggestUsernames, type Taken, takeAddresses } from "./addresses.ts";
import type { Inbox } from "./inbox.ts";
import { findLeftovers } from "./leftover.ts";
import type { InboxPlan, InboxSettings } from "./plan.ts";
import { findInboxes, hasInboxes, insertInboxes } from "./store.ts";
import { isWithheld } from "./username.ts";

type InboxCandidate = Candidate<InboxPlan, Inbox>;

/** A candidate that may have an address, if it is free. */
type Applicant = Pick<Inbox, "id" | "organizationId" | "podId"> & InboxSettings;

/**
 * Makes inboxes, each in the pod of its scope (the Default Pod when that has none), or finds those that have the
 * client_ids. @returns an outcome for each of `wanted`
 */
export async function makeInboxes(
  context: Context,
  wanted: readonly Placed<InboxPlan>[],
): Promise<Outcome<Inbox>[]> {
  const { tx, scope } = context;
  const candidates = await claimNames(context, wanted, {
    claimOf: (own, clientId, id) => {
      const podId = podOf(own);
      return { ownerId: podId, kind: "inbox", clientId, podId, inboxId: id, resourceId: id } as const;
    },
    find: (ids) => findInboxes(tx, scope, ids),
  });
  const applicants = await findApplicants(context, openOf(candidates));
  const taken = await takeAddresses(context, withoutFailures(applicants.values()));
  const outcomes = inOrderOfDrafts(candidates, applicants, (applicant, { plan }) =>
    decide(context, plan.clientId, applicant, taken),
  );
  const inboxes = thingsMade(outcomes);
  await keepAddresses(context, taken, inboxes);
  releaseUnused(context, candidates, outcomes);
  tx.adds(inboxes.map(({ id }) => id));
  tx.beforeCommit(insertInboxes(tx, scope, inboxes));
  return withSuggestions(context, candidates, outcomes);
}

const podOf = ({ podId, organizationId }: InboxCandidate["scope"]): string => podId ?? organizationId;

const applicantOf = ({ id, scope }: InboxCandidate, settings: InboxSettings): Applicant => ({
  id,
  organizationId: scope.organizationId,
  podId: podOf(scope),
  ...settings,
});

/** Which of the candidates may have an address, and why the others may not. */
async function findApplicants(
  context: Context,
  candidates: readonly InboxCandidate[],
): Promise<ReadonlyMap<InboxCandidate, Applicant | Failure>> {
  const shared = context.installation.domain;
  const unusable = await findUnusable(
    context,
    candidates.flatMap(({ scope, plan: { settings } }) =>
      settings instanceof Failure || settings.domain === shared
        ? []
        : [{ podId: podOf(scope), domain: settings.domain }],
    ),
  );
  const full = await refuseUnverified(context);
  return new Map(
    candidates.map((candidate) => {
      const { settings } = candidate.plan;
      if (settings instanceof Failure) return [candidate, settings] as const;
      const applicant = applicantOf(candidate, settings);
      const refusal =
        full ?? unusable(applicant.podId, applicant.domain) ?? refuseOperators(context, settings);
      return [candidate, refusal ?? applicant] as const;
    }),
  );
}

/** An organization that an agent made has one inbox until its human has verified it (contract 15). */
async function refuseUnverified({ tx, scope, actor }: Context): Promise<Failure | null> {
  if (!actor.isUnverified || !(await hasInboxes(tx, scope))) return null;
  return fail("limit.exceeded", {
    message: "Inbox limit exceeded",
    hint: "Verify the organization, with the code that its human was mailed.",
    limit: { resource: "inbox", count: 1, used: 1 },
  });
}

function refuseOperators(context: Context, { username, domain }: InboxSettings): Failure | null {
  if (username === null || !isWithheld(context, { username, domain })) return null;
  return fail("inbox.taken", {
    message: "Inbox already exists",
    hint: `${username} speaks for all of ${domain}, which others share: choose another username.`,
  });
}

/** An address goes to the first of the batch that asks for it. */
function decide(
  { now, installation, actor }: Context,
  clientId: string | null,
  applicant: Applicant,
  taken: Taken,
): Outcome<Inbox> {
  const { username, domain, paused, ...settings } = applicant;
  const address = username === null ? taken.generated(applicant) : taken.give(`${username}@${domain}`);
  if (address === null)
    return failed(
      username === null
        ? fail("service.unavailable", {
            message: "No free username was found",
            hint: "Try again, or give a username.",
          })
        : fail("inbox.taken", {
            message: "Inbox already exists",
            hint: hintOfTaken(domain, installation.domain),
          }),
    );
  const pausing = paused
    ? { pausedAt: now, pausedFrom: actor.scope.level }
    : { pausedAt: null, pausedFrom: null };
  return made({ ...settings, ...pausing, address, clientId, movingTo: null, createdAt: now, updatedAt: now });
}

const hintOfTaken = (domain: string, shared: string): Text =>
  domain === shared
    ? says`All pods share ${domain}, so choose another username, such as one with the tenant's name in it; or give a verified ${field("domain")} of the pod. To get back one of your own, give the ${field("clientId")} it was created with.`
    : says`Choose another username, or give the ${field("clientId")} it was created with to get it back.`;

/** Offers others for the addresses that were taken. */
async function withSuggestions(
  context: Context,
  candidates: readonly InboxCandidate[],
  outcomes: readonly Outcome<Inbox>[],
): Promise<Outcome<Inbox>[]> {
  const refused = candidates.map((candidate, index) => {
    const outcome = outcomes[index];
    if (outcome?.kind !== "failed" || outcome.failure.code !== "inbox.taken") return null;
    const { settings } = candidate.plan;
    if (settings instanceof Failure || settings.username === null) return null;
    return { ...applicantOf(candidate, settings), address: `${settings.username}@${settings.domain}` };
  });
  const wishes = refused.flatMap((one) => one ?? []);
  const suggested = await suggestUsernames(context, wishes);
  const leftovers = await findLeftovers(context, wishes);
  return outcomes.map((outcome, index) => {
    const one = refused[index] ?? null;
    if (one === null || outcome.kind !== "failed") return outcome;
    const { details } = outcome.failure;
    const leftover = leftovers.get(one.address);
    const hint = leftover === undefined ? {} : { hint: leftover };
    return failed(fail("inbox.taken", { ...details, ...hint, suggestions: suggested(one) }));
  });
}
