/** Making domains: the rules and the statements, for one as for a thousand. */

import type { DkimKeyPair } from "../../../protocols/dkim/index.ts";
import { lockOwners } from "../../door/access/index.ts";
import {
  failed,
  found,
  made,
  type Outcome,
  type Placed,
  thingsMade,
  withoutFailures,
} from "../../door/batch.ts";
import type { Context, Installation } from "../../door/context.ts";
import { attempt, Failure, fail } from "../../door/failures.ts";
import {
  type Candidate,
  checkClientId,
  claimNames,
  inOrderOfDrafts,
  openOf,
  releaseUnused,
} from "../client-ids/index.ts";
import { checkJob, FIRST_CHECK_MS } from "./check-schedule.ts";
import { dkimKeyOf } from "./dkim-key.ts";
import type { Domain } from "./domain.ts";
import { insertDkimKeys } from "./key-store.ts";
import { MAX_UNVERIFIED_DOMAINS } from "./limits.ts";
import { checkDomainName, checkName, taken } from "./name.ts";
import {
  claimKey,
  countUnverified,
  deleteDomains,
  findDomains,
  findDomainsById,
  findVerifiedNames,
  insertDomains,
  ownerKey,
} from "./store.ts";

export interface CreateDomain {
  readonly domain: string;
  readonly name?: string;
  readonly feedbackEnabled?: boolean;
  readonly subdomainsEnabled?: boolean;
  readonly trackingEnabled?: boolean;
  readonly inboundEnabled?: boolean;
  readonly clientId?: string;
}

export interface DomainPlan {
  readonly clientId: string | null;
  /** In lower case. A name that is refused counts only when the client_id is new. */
  readonly name: string | Failure;
  readonly displayName: string | null;
  readonly switches: Pick<
    Domain,
    "feedbackEnabled" | "subdomainsEnabled" | "trackingEnabled" | "inboundEnabled"
  >;
}

type DomainCandidate = Candidate<DomainPlan, Domain>;

/** What follows from the input alone. @throws Failure input.invalid for the client_id */
export function planDomain(input: CreateDomain, installation: Installation): DomainPlan {
  return {
    clientId: checkClientId(input.clientId),
    name: attempt(() => checkDomainName(input.domain, installation.domain)),
    displayName: input.name === undefined ? null : checkName(input.name),
    switches: {
      feedbackEnabled: input.feedbackEnabled ?? true,
      subdomainsEnabled: input.subdomainsEnabled ?? false,
      trackingEnabled: input.trackingEnabled ?? false,
      inboundEnabled: input.inboundEnabled ?? true,
    },
  };
}

/**
 * Registers domains, each for the pod of its scope (for the organization when that has none), or finds those that have
 * the client_ids, or the names in the same owners. @returns an outcome for each of `wanted`
 */
export async function makeDomains(
  context: Context,
  wanted: readonly Placed<DomainPlan>[],
): Promise<Outcome<Domain>[]> {
  const { tx, scope } = context;
  const candidates = await claimNames(context, wanted, {
    claimOf: ({ podId, organizationId }, clientId, id) => {
      const kind = podId === null ? "organization_domain" : "domain";
      return {
        ownerId: podId ?? organizationId,
        kind,
        clientId,
        podId,
        inboxId: null,
        resourceId: id,
      } as const;
    },
    find: (ids) => findDomainsById(tx, scope, ids),
  });
  const drafts = new Map(openOf(candidates).map((candidate) => [candidate, draftOf(context, candidate)]));
  const register = await readRegister(context, withoutFailures(drafts.values()));
  const decided = inOrderOfDrafts(candidates, drafts, register.decide);
  const kept = new Set(thingsMade(decided).map(({ id }) => id));
  await deleteDomains(
    tx,
    scope,
    [...drafts.values()].flatMap((draft) =>
      !(draft instanceof Failure) && register.registered.has(claimKey(draft)) && !kept.has(draft.id)
        ? [draft.id]
        : [],
    ),
  );
  releaseUnused(context, candidates, decided);
  return withKeys(context, decided);
}

/** The domain as it will be, without its key. */
function draftOf({ now }: Context, candidate: DomainCandidate): Domain | Failure {
  const { id, scope, plan } = candidate;
  if (plan.name instanceof Failure) return plan.name;
  return {
    id,
    organizationId: scope.organizationId,
    podId: scope.podId,
    domain: plan.name,
    name: plan.displayName,
    status: "NOT_STARTED",
    ...plan.switches,
    checks: [],
    checkedAt: null,
    nextCheckAt: new Date(now.getTime() + FIRST_CHECK_MS),
    failedChecks: 0,
    failingSince: null,
    trustedAt: null,
    clientId: plan.clientId,
    createdAt: now,
    updatedAt: now,
  };
}

/** What is registered, and how much room there is; `decide` counts what it gives away. */
interface Register {
  /** claimKeys of those that the transaction registered. */
  readonly registered: ReadonlySet<string>;
  readonly decide: (draft: Domain) => Outcome<Domain>;
}

async function readRegister({ tx, scope }: Context, drafts: readonly Domain[]): Promise<Register> {
  // From here on no other transaction adds to these owners: what is found in them and counted stays so.
  await lockOwners(
    tx,
    scope,
    drafts.map(({ podId }) => ({ podId, inboxId: null })),
  );
  const wanted = drafts.map(({ domain }) => domain);
  const known = await findDomains(tx, scope, wanted);
  const existing = new Map(known.map((domain) => [claimKey(domain), domain]));
  const names = new Set(known.map(({ domain }) => domain));
  const unverified = new Map(await countUnverified(tx, scope, drafts, MAX_UNVERIFIED_DOMAINS));
  const fresh = drafts.filter((draft) => !existing.has(claimKey(draft)));
  const [verified, registered] = await Promise.all([
    findVerifiedNames(
      tx,
      scope,
      fresh.map(({ domain }) => domain),
    ),
    insertDomains(tx, scope, fresh),
  ]);
  const decide = (draft: Domain): Outcome<Domain> => {
    const same = existing.get(claimKey(draft));
    if (same !== undefined) return found(same);
    // The organization sees its pods' domains before the count of its own quota; a pod sees only its own.
    if (names.has(draft.domain) && draft.podId === null) return failed(taken());
    const count = unverified.get(ownerKey(draft)) ?? 0;
    if (count >= MAX_UNVERIFIED_DOMAINS) return failed(tooMany());
    // Claimed by others it is free as long as none of them has proven that it is his.
    if (verified.has(draft.domain) || !registered.has(claimKey(draft))) return failed(taken());
    existing.set(claimKey(draft), draft);
    names.add(draft.domain);
    unverified.set(ownerKey(draft), count + 1);
    return made(draft);
  };
  return { registered, decide };
}

const tooMany = (): Failure =>
  fail("limit.exceeded", {
    message: "Domain limit exceeded",
    hint: "Verify domains, or delete those that are no longer wanted.",
    limit: { resource: "domain", count: MAX_UNVERIFIED_DOMAINS },
  });

/**
 * Gives the domains that were made their keys, 100 ms each, made with no transaction open: nothing waits for a name or an
 * owner meanwhile. Their records are looked up soon. @throws Failure service.unavailable
 */
async function withKeys(context: Context, outcomes: readonly Outcome<Domain>[]): Promise<Outcome<Domain>[]> {
  const { tx, scope } = context;
  const drafts = thingsMade(outcomes);
  if (drafts.length === 0) return [...outcomes];
  const made = orderKeys(context, drafts.length);
  const keys = drafts.flatMap((domain, index) =>
    (made[index] ?? []).map((pair) => ({ domain, key: dkimKeyOf(context, pair, "active") })),
  );
  await insertDkimKeys(tx, scope, keys);
  for (const domain of drafts) context.enqueue(checkJob(domain, FIRST_CHECK_MS));
  return [...outcomes];
}

/** Key pairs of each algorithm for `count` domains. @throws Failure service.unavailable */
export function orderKeys(context: Context, count: number): readonly (readonly DkimKeyPair[])[] {
  const { scope } = context;
  const made = context.outside({ kind: "dkimKeys", tenant: scope.podId ?? scope.organizationId, count });
  // None was free to make them, or others gave up names while these were made.
  if (made.length < count)
    throw fail("service.unavailable", { message: "Too many domains are being created", hint: "Try again." });
  return made;
}
