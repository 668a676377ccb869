import { sha256 } from "../../../lib/hash.ts";
import { isHeaderSafe } from "../../../protocols/address/index.ts";
import type { PermissionSet, ScopeLevel } from "../../door/access/index.ts";
import { invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import { MAX_NAME_LENGTH } from "../../limits.ts";
import { findInboxAddress } from "../inboxes/index.ts";
import type { ApiKey } from "./api-key.ts";
import { checkPermissionNames, checkRights } from "./rights.ts";
import { insertApiKey } from "./store.ts";

export interface CreateApiKey {
  readonly name?: string;
  /** Null or absent: everything the scope allows. */
  readonly permissions?: PermissionSet | null;
}

/** Bytes of a secret: 256 random bits need no slow hash. */
const SECRET_BYTES = 32;
/** Hex digits of the secret that stay readable in lists: 24 of 256 bits. */
const SHOWN_CHARACTERS = 6;
/** Of a token that somebody made up, which may be short, one character in so many stays readable. */
const HIDDEN_SHARE = 8;

const prefixes: Readonly<Record<ScopeLevel, string>> = {
  organization: "am_us_",
  pod: "am_us_pod_",
  inbox: "am_us_inbox_",
};

/** @throws Failure input.invalid for a name that is empty, too long, or would break a line where it is printed. */
export function checkKeyName(name: string): string {
  if (name === "" || name.length > MAX_NAME_LENGTH || !isHeaderSafe(name))
    throw invalid(
      ["name"],
      says`${field("name")} must have 1 to ${MAX_NAME_LENGTH} characters and no control characters`,
    );
  return name;
}

const minted = /^(am_us_(?:pod_|inbox_)?)[0-9a-f]{64}$/;

/** How a secret is shown in lists: its scope prefix and a few characters more. */
export function shownPrefix(secret: string): string {
  const prefix = minted.exec(secret)?.[1];
  return secret.slice(
    0,
    prefix === undefined ? Math.floor(secret.length / HIDDEN_SHARE) : prefix.length + SHOWN_CHARACTERS,
  );
}

/**
 * Makes a key for the target: an inbox, a pod, or all that the caller's own key reaches; never more than that, and
 * never with a permission that the caller's key lacks. The secret is in the result and nowhere else. Fails with
 * input.invalid, permission.escalation and permission.unrestricted_required.
 */
export const createApiKey = operation({
  name: "api_key.create",
  needs: ["api_key_create"],
  on: "any",
  kind: "write",
  fails: ["permission.escalation", "permission.unrestricted_required"],
  check: ({ name = "API Key", permissions = null }: CreateApiKey) => ({
    name: checkKeyName(name),
    permissions: checkPermissionNames(permissions),
  }),
  async run(context, { name, permissions }): Promise<{ key: ApiKey; secret: string }> {
    const { tx, scope, actor, now } = context;
    checkRights(actor, scope.level, permissions);
    const secret = prefixes[scope.level] + Buffer.from(context.random(SECRET_BYTES)).toString("hex");
    const key: ApiKey = {
      id: context.newId(),
      organizationId: scope.organizationId,
      podId: scope.podId,
      inboxId: scope.inboxId,
      inboxAddress: await findInboxAddress(tx, scope),
      name,
      prefix: shownPrefix(secret),
      permissions,
      createdAt: now,
      updatedAt: now,
      usedAt: null,
      expiresAt: null,
    };
    context.target(key.id);
    if (!(await insertApiKey(tx, scope, key, sha256(secret)))) throw new Error("256 random bits came twice");
    return { key, secret };
  },
});
