import type { Context } from "../../door/context.ts";
import { attempt, fail, orThrow } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { MAX_UNVERIFIED_DOMAINS } from "../../limits.ts";
import { checkClientId, claimClientId, deleteClaim } from "../client-ids/index.ts";
import { type DescribedDomain, describe } from "./describe.ts";
import { makeDkimKey } from "./dkim-key.ts";
import type { Domain } from "./domain.ts";
import { checkDomainName, taken } from "./name.ts";
import { countUnverified, findDomain, findDomainById, insertDomain, lockHome } from "./store.ts";

export interface CreateDomain {
  readonly domain: string;
  readonly feedbackEnabled?: boolean;
  readonly subdomainsEnabled?: boolean;
  readonly trackingEnabled?: boolean;
  readonly clientId?: string;
}

/**
 * Registers a domain for the target pod, or for the whole organization when the caller names no pod and is not held
 * to one. The name is unique in the installation: fails with domain.taken; and with limit.exceeded when too many wait to be
 * verified.
 *
 * Idempotent twice over. A `clientId` that was used before gives back the domain made then. So does the same name in
 * the same home (same pod, or organization level), unchanged and whatever its flags: the official client cannot send
 * a client_id here, and an onboarding that is run again must change nothing.
 */
export const createDomain = operation({
  name: "domain.create",
  needs: ["domain_create"],
  on: "any",
  kind: "write",
  fails: ["domain.taken", "limit.exceeded"],
  check: (input: CreateDomain, { installation }) => ({
    ...input,
    clientId: checkClientId(input.clientId),
    name: attempt(() => checkDomainName(input.domain, installation.domain)),
  }),
  async run(context, input): Promise<DescribedDomain> {
    const { tx, scope, installation } = context;
    const id = context.newId();
    const made = input.clientId === null ? null : await claimName(context, id, input.clientId);
    const name = made?.domain ?? orThrow(input.name);
    context.target(name);
    if (made !== null) return describe(made, installation);
    const same = await findSame(context, name);
    // The claim made a moment ago names a domain that will not be made.
    if (same !== null) await deleteClaim(tx, scope, id);
    return describe(same ?? (await register(context, input, name, id)), installation);
  },
});

/** The domain that has the caller's name already; otherwise claims it for `id`. */
function claimName(context: Context, id: string, clientId: string): Promise<Domain | null> {
  const { tx, scope } = context;
  const { podId } = scope;
  return claimClientId(
    context,
    {
      homeId: podId ?? scope.organizationId,
      kind: podId === null ? "organization_domain" : "domain",
      clientId,
      podId,
      inboxId: null,
      resourceId: id,
    },
    (found) => findDomainById(tx, scope, found),
  );
}

/** The same name in the same home. In another home of the organization it is taken. */
async function findSame(context: Context, name: string): Promise<Domain | null> {
  const found = await findDomain(context.tx, context.scope, name);
  if (found !== null && found.podId !== context.scope.podId) throw taken();
  return found;
}

/** @throws Failure limit.exceeded */
async function checkRoom({ tx, scope }: Context): Promise<void> {
  if ((await countUnverified(tx, scope, MAX_UNVERIFIED_DOMAINS)) < MAX_UNVERIFIED_DOMAINS) return;
  throw fail("limit.exceeded", {
    say: "Domain limit exceeded",
    fix: "Verify domains, or delete those that are no longer wanted.",
    limit: { resource: "domain", count: MAX_UNVERIFIED_DOMAINS },
  });
}

type Switches = Omit<CreateDomain, "domain" | "clientId"> & { readonly clientId: string | null };

/**
 * The key pair comes before the row: no other creator of the same name waits for its hundred milliseconds. The creates of
 * one home do: a flood of them has one processor and not all.
 */
async function register(context: Context, input: Switches, name: string, id: string): Promise<Domain> {
  const { tx, scope, now } = context;
  await lockHome(tx, scope);
  await checkRoom(context);
  const key = await makeDkimKey(context);
  const domain: Domain = {
    id,
    organizationId: scope.organizationId,
    podId: scope.podId,
    domain: name,
    status: "NOT_STARTED",
    feedbackEnabled: input.feedbackEnabled ?? true,
    subdomainsEnabled: input.subdomainsEnabled ?? false,
    trackingEnabled: input.trackingEnabled ?? false,
    dkimSelector: key.selector,
    dkimPublicKey: key.publicKey,
    clientId: input.clientId,
    createdAt: now,
    updatedAt: now,
  };
  if (await insertDomain(tx, scope, domain, key.privateKeySealed)) return domain;
  const winner = await findSame(context, name);
  if (winner === null) throw taken();
  await deleteClaim(tx, scope, id);
  return winner;
}
