import { isAddressLength, isDomainName, isUsername } from "../../../protocols/address/index.ts";
import { lockOwners } from "../../door/access/index.ts";
import type { InboxContext } from "../../door/context.ts";
import { fail, invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import { findOwnUses, findUnusable } from "../domains/index.ts";
import { findLeftovers, isWithheld } from "../inboxes/index.ts";
import { type Alias, type AliasName, aliasNameOf } from "./alias.ts";
import { MAX_ALIASES } from "./limits.ts";
import { findAlias, findAliases, insertAlias } from "./store.ts";

export interface CreateAlias {
  /** In any case; `*@` a domain makes the inbox that domain's catch-all. */
  readonly address: string;
}

/**
 * Gives an inbox one more address, of a verified domain of its pod or organization, or of the installation's own. One that it has already
 * is given back. Taking an address is what making an inbox takes the permission for: the key of an inbox cannot.
 * @throws Failure inbox.taken when another has it; limit.exceeded; and what a domain is refused with
 */
export const createAlias = operation({
  name: "alias.create",
  needs: ["inbox_create"],
  on: "inbox",
  kind: "write",
  fails: ["inbox.taken", "limit.exceeded", "domain.not_verified", "domain.subdomains_disabled"],
  check: ({ address }: CreateAlias, { installation }) => checkAlias(address, installation.domain),
  async run(context, name): Promise<Alias> {
    const { tx, scope, inbox, now, actor } = context;
    const address = `${name.username}@${name.domain}`;
    context.target(address);
    await checkDomain(context, name);
    // Of what is counted here nothing is added meanwhile.
    await lockOwners(tx, scope, [{ podId: inbox.podId, inboxId: inbox.id }]);
    const known = await findAlias(tx, scope, inbox, address);
    if (known !== null) return known;
    if (actor.isUnverified) throw unverified();
    if ((await findAliases(tx, scope, inbox, MAX_ALIASES)).length >= MAX_ALIASES)
      throw fail("limit.exceeded", {
        message: `An inbox may have ${MAX_ALIASES} aliases at most`,
        hint: "Delete some, or make a catch-all of it: *@ and the domain.",
        limit: { resource: "alias", count: MAX_ALIASES },
      });
    const alias = { address, isCatchAll: name.isCatchAll, createdAt: now };
    if (await insertAlias(tx, scope, inbox, alias)) return alias;
    const leftovers = await findLeftovers(context, [{ podId: inbox.podId, domain: name.domain, address }]);
    throw taken(name, leftovers.get(address));
  },
});

/** An organization that an agent made has one address until its human has verified it, as it has one inbox. */
const unverified = () =>
  fail("limit.exceeded", {
    message: "Alias limit exceeded",
    hint: "Verify the organization, with the code that its human was mailed.",
    limit: { resource: "alias", count: 0 },
  });

const taken = ({ domain, isCatchAll }: AliasName, leftover?: string) =>
  fail("inbox.taken", {
    message: isCatchAll ? `${domain} has a catch-all already` : "The address is taken",
    hint: leftover ?? (isCatchAll ? "Delete that of the inbox that has it first." : "Choose another one."),
  });

/** @throws Failure input.invalid */
function checkAlias(written: string, own: string): AliasName {
  const name = aliasNameOf(written);
  const isValid =
    (name.isCatchAll || isUsername(name.username)) &&
    (name.domain === own || isDomainName(name.domain)) &&
    isAddressLength(written);
  if (isValid) return name;
  throw invalid(
    ["address"],
    says`${field("address")} is not the address of a mailbox`,
    "Give one such as sales@mail.example.com: before the @ 1 to 64 of a-z 0-9 . _ - without a dot at either end or two in a row; or *@mail.example.com for all that no other inbox has.",
  );
}

async function checkDomain(context: InboxContext, name: AliasName): Promise<void> {
  const { inbox, installation } = context;
  const { username, domain, isCatchAll } = name;
  const isShared = domain === installation.domain;
  if (!isShared) {
    const unusable = (await findUnusable(context, [{ podId: inbox.podId, domain }]))(inbox.podId, domain);
    if (unusable !== null) throw unusable;
  }
  // Other tenants' mail to addresses that they mistype, or have given up, is not one tenant's to read.
  if (isCatchAll && (isShared || !(await mayCatchAll(context, domain))))
    throw fail("inbox.taken", {
      message: `${domain} is shared with others, and can have no catch-all in this pod`,
      hint: "Use a domain of the pod's own; for one of the whole organization a key of the organization.",
    });
  if (isWithheld(context, { username, domain })) throw taken(name);
}

const mayCatchAll = async (context: InboxContext, domain: string): Promise<boolean> =>
  context.actor.scope.level === "organization" ||
  (await findOwnUses(context, [{ podId: context.inbox.podId, domain }])).length > 0;
