/** Who is acting: an API key, or the system itself. Made only in `domain/door/access`. */
import {
  holds,
  type Permission,
  type PermissionSet,
  type RestrictedLabel,
  unseenLabels,
} from "./permissions.ts";
import type { Scope } from "./scope.ts";

export class Actor {
  readonly scope: Scope;
  /** Null for the system. */
  readonly keyId: string | null;
  /** Null: everything the scope allows. */
  readonly permissions: PermissionSet | null;
  /** When the key expires; null: never, as the system. No key that it makes may live longer. */
  readonly expiresAt: Date | null;
  readonly #name: string;

  constructor(
    scope: Scope,
    keyId: string | null,
    { permissions, expiresAt }: Pick<Actor, "permissions" | "expiresAt">,
    name: string,
  ) {
    this.scope = scope;
    this.keyId = keyId;
    this.permissions = permissions;
    this.expiresAt = expiresAt;
    this.#name = name;
  }

  /** For audit rows: `key` or the name of the part of the system that acted. */
  get name(): string {
    return this.#name;
  }

  may(permission: Permission): boolean {
    return holds(this.scope.level, this.permissions, permission);
  }

  /** Labels whose messages this actor does not see. */
  get unseenLabels(): readonly RestrictedLabel[] {
    return unseenLabels(this.scope.level, this.permissions);
  }
}
