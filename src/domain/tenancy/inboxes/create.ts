import { isAddressLength, isDomainName, isUsername } from "../../../protocols/address/index.ts";
import { type Failure, fail, invalid } from "../../door/failures.ts";
import { type Context, operation } from "../../door/operation.ts";
import { claimClientId } from "../client-ids/index.ts";
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
  needs: "inbox_create",
  on: "any",
  kind: "write",
  async run(context, input: CreateInbox): Promise<Inbox> {
    const { scope } = context;
    const podId = scope.podId ?? scope.organizationId;
    const id = context.newId();
    const existing = input.clientId === undefined ? null : await claimName(context, id, input.clientId);
    if (existing !== null) {
      context.target(existing.address);
      return existing;
    }
    const domain = await chooseDomain(context, input.domain);
    const inbox = {
      id,
      podId,
      organizationId: scope.organizationId,
      displayName:
        input.displayName === undefined
          ? context.installation.displayName
          : checkDisplayName(input.displayName),
      clientId: input.clientId ?? null,
      metadata: input.metadata === undefined ? null : checkMetadata(input.metadata),
      createdAt: context.now,
      updatedAt: context.now,
    };
    const username = input.username?.toLowerCase();
    return username === undefined
      ? await insertGenerated(context, inbox, domain)
      : await insertNamed(context, inbox, username, domain);
  },
});

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

async function chooseDomain(context: Context, wanted: string | undefined): Promise<string> {
  const domain = wanted?.toLowerCase() ?? context.installation.domain;
  if (domain === context.installation.domain) return domain;
  if (!isDomainName(domain))
    throw invalid(["domain"], "Invalid domain", "Give a domain name such as mail.example.com.");
  await requireUsableDomain(context, domain);
  return domain;
}

async function insertNamed(
  context: Context,
  inbox: Omit<Inbox, "address">,
  username: string,
  domain: string,
): Promise<Inbox> {
  if (!isUsername(username))
    throw invalid(
      ["username"],
      "Invalid username",
      "Use 1 to 64 of a-z 0-9 . _ - without a dot at either end or two in a row.",
    );
  const made = { ...inbox, address: `${username}@${domain}` };
  if (!isAddressLength(made.address))
    throw invalid(
      ["username"],
      "The whole address may have 254 characters at most",
      "Choose a shorter username or domain.",
    );
  context.target(made.address);
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
    "Choose another username, or give the client_id it was created with to get it back.",
  );
}

/** The failure for an address that `wanted` cannot have, with others that it can. */
async function taken({ tx, scope, random }: Context, wanted: Inbox, fix: string): Promise<Failure> {
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
    context.target(made.address);
    if (await insertInbox(context.tx, context.scope, made)) return made;
  }
  throw fail("service.unavailable", {
    say: "No free username was found",
    fix: "Try again, or give a username.",
  });
}
