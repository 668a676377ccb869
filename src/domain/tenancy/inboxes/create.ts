import { isAddressLength, isDomainName, isUsername } from "../../../protocols/address/index.ts";
import type { Context, Installation } from "../../door/context.ts";
import { attempt, type Failure, fail, invalid, orThrow } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says, type Text } from "../../door/text.ts";
import { checkClientId, claimClientId } from "../client-ids/index.ts";
import { requireUsableDomain } from "../domains/index.ts";
import { checkDisplayName } from "./display-name.ts";
import type { Inbox, Metadata } from "./inbox.ts";
import { checkMetadata } from "./metadata.ts";
import { findInbox, insertInbox, takeFree } from "./store.ts";
import { generateUsername, isOperators, variationsOf } from "./username.ts";

export interface CreateInbox {
  readonly username?: string;
  readonly domain?: string;
  readonly displayName?: string;
  readonly clientId?: string;
  readonly metadata?: Metadata;
}

/** Tries at a name nobody chose before giving up; each misses with a chance below 1 in 100 at 20,000 inboxes. */
const GENERATED_USERNAME_ATTEMPTS = 8;

/** Usernames offered for one that is taken, and how many are looked at for so many that are free. */
const SUGGESTIONS = 3;
const SUGGESTIONS_LOOKED_AT = 12;

/**
 * Makes an inbox in the target pod (the Default Pod when none is named), or gives back the one that already has the
 * `clientId`. Fails with inbox.taken and three free names when the address exists anywhere in the installation.
 */
export const createInbox = operation({
  name: "inbox.create",
  needs: ["inbox_create"],
  on: "any",
  kind: "write",
  fails: ["inbox.taken", "domain.not_verified", "domain.subdomains_disabled"],
  check: (input: CreateInbox, { installation }) => ({
    clientId: checkClientId(input.clientId),
    plan: attempt(() => planInbox(input, installation)),
  }),
  async run(context, { clientId, plan }): Promise<Inbox> {
    const { scope } = context;
    const id = context.newId();
    const existing = clientId === null ? null : await claimName(context, id, clientId);
    if (existing !== null) {
      context.target(existing.address);
      return existing;
    }
    const { username, domain, ...planned } = orThrow(plan);
    if (domain !== context.installation.domain) await requireUsableDomain(context, domain);
    const inbox = {
      id,
      podId: scope.podId ?? scope.organizationId,
      organizationId: scope.organizationId,
      ...planned,
      clientId,
      createdAt: context.now,
      updatedAt: context.now,
    };
    const made =
      username === null
        ? await insertGenerated(context, inbox, domain)
        : await insertNamed(context, inbox, username, domain);
    context.target(made.address);
    return made;
  },
});

/** What follows from the input alone. */
interface PlannedInbox {
  /** Null: one is generated. */
  readonly username: string | null;
  readonly domain: string;
  readonly displayName: string;
  readonly metadata: Metadata | null;
}

function planInbox(input: CreateInbox, installation: Installation): PlannedInbox {
  const domain = input.domain?.toLowerCase() ?? installation.domain;
  if (domain !== installation.domain && !isDomainName(domain))
    throw invalid(["domain"], "Invalid domain", "Give a domain name such as mail.example.com.");
  return {
    username: input.username === undefined ? null : checkUsername(input.username.toLowerCase(), domain),
    domain,
    displayName:
      input.displayName === undefined ? installation.displayName : checkDisplayName(input.displayName),
    metadata: input.metadata === undefined ? null : checkMetadata(input.metadata),
  };
}

function checkUsername(username: string, domain: string): string {
  if (!isUsername(username))
    throw invalid(
      ["username"],
      "Invalid username",
      "Use 1 to 64 of a-z 0-9 . _ - without a dot at either end or two in a row.",
    );
  if (!isAddressLength(`${username}@${domain}`))
    throw invalid(
      ["username"],
      "The whole address may have 254 characters at most",
      "Choose a shorter username or domain.",
    );
  return username;
}

/** The inbox of the pod that has the name already; otherwise claims it for `id`. */
function claimName(context: Context, id: string, clientId: string): Promise<Inbox | null> {
  const { tx, scope } = context;
  const podId = scope.podId ?? scope.organizationId;
  return claimClientId(
    context,
    { homeId: podId, kind: "inbox", clientId, podId, inboxId: id, resourceId: id },
    (found) => findInbox(tx, scope, found),
  );
}

async function insertNamed(
  context: Context,
  inbox: Omit<Inbox, "address">,
  username: string,
  domain: string,
): Promise<Inbox> {
  const made = { ...inbox, address: `${username}@${domain}` };
  const isShared = domain === context.installation.domain;
  if (isShared && isOperators(username) && context.actor.scope.level !== "organization")
    throw await taken(
      context,
      made,
      `${username} speaks for all of ${domain}, which others share: choose another username.`,
    );
  if (await insertInbox(context.tx, context.scope, made)) return made;
  throw await taken(
    context,
    made,
    isShared
      ? says`All pods share ${domain}, so choose another username, such as one with the tenant's name in it; or give a verified ${field("domain")} of the pod. To get back one of your own, give the ${field("clientId")} it was created with.`
      : says`Choose another username, or give the ${field("clientId")} it was created with to get it back.`,
  );
}

/** The failure for an address that `wanted` cannot have, with others that it can. */
async function taken({ tx, scope, random }: Context, wanted: Inbox, fix: Text): Promise<Failure> {
  const [username = "", domain = ""] = wanted.address.split("@");
  const candidates = variationsOf(username, SUGGESTIONS_LOOKED_AT, random);
  const free = await takeFree(
    tx,
    scope,
    candidates.map((candidate) => ({ ...wanted, address: `${candidate}@${domain}` })),
  );
  const suggestions = candidates.filter((candidate) => free.includes(`${candidate}@${domain}`));
  return fail("inbox.taken", {
    say: "Inbox already exists",
    fix,
    suggestions: suggestions.slice(0, SUGGESTIONS),
  });
}

async function insertGenerated(
  context: Context,
  inbox: Omit<Inbox, "address">,
  domain: string,
): Promise<Inbox> {
  for (let attempt = 0; attempt < GENERATED_USERNAME_ATTEMPTS; attempt++) {
    const made = { ...inbox, address: `${generateUsername(context.random)}@${domain}` };
    if (await insertInbox(context.tx, context.scope, made)) return made;
  }
  throw fail("service.unavailable", {
    say: "No free username was found",
    fix: "Try again, or give a username.",
  });
}
