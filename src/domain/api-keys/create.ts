import { sha256 } from "../../lib/hash.ts";
import { isHeaderSafe } from "../../protocols/address/index.ts";
import type { PermissionSet, ScopeLevel } from "../access/index.ts";
import { invalid } from "../failures.ts";
import { MAX_NAME_LENGTH } from "../limits.ts";
import { operation } from "../operation.ts";
import type { ApiKey } from "./api-key.ts";
import { checkRights } from "./rights.ts";
import { insertApiKey } from "./store.ts";

export interface CreateApiKey {
  readonly name?: string;
  /** Null or absent: everything the scope allows. */
  readonly permissions?: PermissionSet | null;
}

/** Bytes of a secret: 256 random bits need no slow hash. */
const SECRET_BYTES = 32;
/** Characters of the secret that stay readable in lists. */
const SHOWN_CHARACTERS = 6;

const prefixes: Readonly<Record<ScopeLevel, string>> = { organization: "am_us_", pod: "am_us_pod_", inbox: "am_us_inbox_" };

export function checkKeyName(name: string): string {
  if (name === "" || name.length > MAX_NAME_LENGTH || !isHeaderSafe(name))
    throw invalid(["name"], `name must have 1 to ${MAX_NAME_LENGTH} characters and no control characters`);
  return name;
}

/** How a secret is shown in lists: its scope prefix and a few characters more. */
export const shownPrefix = (secret: string): string => secret.slice(0, (/^am_us_(pod_|inbox_)?/.exec(secret)?.[0].length ?? 3) + SHOWN_CHARACTERS);

/** Makes a key for the target: the organization, a pod or an inbox. The secret is in the result and nowhere else. */
export const createApiKey = operation({
  name: "api_key.create",
  needs: "api_key_create",
  on: "any",
  kind: "write",
  async run(context, input: CreateApiKey): Promise<{ key: ApiKey; secret: string }> {
    const { scope, actor, now, inbox } = context;
    const permissions = input.permissions ?? null;
    checkRights(actor, scope.level, permissions);
    const secret = prefixes[scope.level] + Buffer.from(context.random(SECRET_BYTES)).toString("hex");
    const key: ApiKey = {
      id: context.newId(),
      organizationId: scope.organizationId,
      podId: scope.podId,
      inboxId: scope.inboxId,
      inboxAddress: inbox?.address ?? null,
      name: input.name === undefined ? "API Key" : checkKeyName(input.name),
      prefix: shownPrefix(secret),
      permissions,
      createdAt: now,
      updatedAt: now,
      usedAt: null,
      expiresAt: null,
    };
    context.target(key.id);
    await insertApiKey(context.tx, scope, key, sha256(secret));
    return { key, secret };
  },
});
