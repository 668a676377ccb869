/** Making domains: the rules and the statements, for one as for a thousand. */
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
import { MAX_UNVERIFIED_DOMAINS } from "../../limits.ts";
import {
  type Candidate,
  checkClientId,
  claimNames,
  inOrderOfDrafts,
  openOf,
  releaseUnused,
} from "../client-ids/index.ts";
import { dkimKeyOf } from "./dkim-key.ts";
import type { Domain } from "./domain.ts";
import { checkDomainName, checkName, taken } from "./name.ts";
import {
  completeDomains,
  countUnverified,
  deleteReserved,
  findDomains,
  findDomainsById,
  ownerKey,
  reserveDomains,
} from "./store.ts";

export interface CreateDomain {
  readonly domain: string;
  readonly name?: string;
  readonly feedbackEnabled?: boolean;
  readonly subdomainsEnabled?: boolean;
  readonly trackingEnabled?: boolean;
  readonly clientId?: string;
}

export interface DomainPlan {
  readonly clientId: string | null;
  /** In lower case. A name that is refused counts only when the client_id is new. */
  readonly name: string | Failure;
  readonly displayName: string | null;
  readonly switches: Pick<Domain, "feedbackEnabled" | "subdomainsEnabled" | "trackingEnabled">;
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
  const names = new Set(thingsMade(decided).map(({ domain }) => domain));
  const spare = [...register.reserved].filter((name) => !names.has(name));
  await deleteReserved(tx, scope, spare);
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
    dkimSelector: "",
    dkimPublicKey: "",
    clientId: plan.clientId,
    createdAt: now,
    updatedAt: now,
  };
}

/** What is registered, and how much room there is; `decide` counts what it gives away. */
interface Register {
  /** Names that the transaction holds. */
  readonly reserved: ReadonlySet<string>;
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
  const existing = new Map((await findDomains(tx, scope, wanted)).map((domain) => [domain.domain, domain]));
  const unverified = new Map(await countUnverified(tx, scope, drafts, MAX_UNVERIFIED_DOMAINS));
  const reserved = await reserveDomains(
    tx,
    scope,
    drafts.filter(({ domain }) => !existing.has(domain)),
  );
  const decide = (draft: Domain): Outcome<Domain> => {
    const same = existing.get(draft.domain);
    if (same?.podId === draft.podId) return found(same);
    // The organization sees its pods' domains before the count of its own quota; a pod sees only its own.
    if (same !== undefined && draft.podId === null) return failed(taken());
    const count = unverified.get(ownerKey(draft)) ?? 0;
    if (count >= MAX_UNVERIFIED_DOMAINS) return failed(tooMany());
    if (same !== undefined || !reserved.has(draft.domain)) return failed(taken());
    existing.set(draft.domain, draft);
    unverified.set(ownerKey(draft), count + 1);
    return made(draft);
  };
  return { reserved, decide };
}

const tooMany = (): Failure =>
  fail("limit.exceeded", {
    message: "Domain limit exceeded",
    hint: "Verify domains, or delete those that are no longer wanted.",
    limit: { resource: "domain", count: MAX_UNVERIFIED_DOMAINS },
  });

/**
 * Gives the domains that were made their keys, 100 ms each, made with no transaction open: nothing waits for a name or a
 * owner meanwhile. @throws Failure service.unavailable
 */
async function withKeys(context: Context, outcomes: readonly Outcome<Domain>[]): Promise<Outcome<Domain>[]> {
  const { tx, scope } = context;
  const drafts = thingsMade(outcomes);
  if (drafts.length === 0) return [...outcomes];
  const tenant = scope.podId ?? scope.organizationId;
  const pairs = context.outside({ kind: "dkimKeys", tenant, count: drafts.length });
  const complete = drafts.map((draft, index) => {
    const pair = pairs[index];
    // None was free to make them, or others gave up names while these were made.
    if (pair === undefined)
      throw fail("service.unavailable", {
        message: "Too many domains are being created",
        hint: "Try again.",
      });
    const { selector, publicKey, privateKeySealed } = dkimKeyOf(context, pair);
    return { domain: { ...draft, dkimSelector: selector, dkimPublicKey: publicKey }, privateKeySealed };
  });
  await completeDomains(tx, scope, complete);
  const byId = new Map(complete.map(({ domain }) => [domain.id, domain]));
  return outcomes.map((outcome) =>
    outcome.kind === "failed" ? outcome : { ...outcome, thing: byId.get(outcome.thing.id) ?? outcome.thing },
  );
}
