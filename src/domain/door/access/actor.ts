/** Who is acting: an API key, or the system itself. Made only in `domain/door/access`. */
import {
  holds,
  type Permission,
  type PermissionSet,
  type RestrictedLabel,
  restrictedLabels,
  standingAllows,
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
  /** Of an organization that an agent made, and whose human has not confirmed it. The system is not bound by that. */
  readonly isUnverified: boolean;
  /** Labels whose messages this actor does not see. */
  readonly unseenLabels: readonly RestrictedLabel[];
  readonly #name: string;

  constructor(
    scope: Scope,
    keyId: string | null,
    { permissions, expiresAt, isUnverified }: Pick<Actor, "permissions" | "expiresAt" | "isUnverified">,
    name: string,
    unseen?: readonly RestrictedLabel[],
  ) {
    this.scope = scope;
    this.keyId = keyId;
    this.permissions = permissions;
    this.expiresAt = expiresAt;
    this.isUnverified = isUnverified;
    this.unseenLabels = unseen ?? unseenLabels(scope.level, permissions);
    this.#name = name;
  }

  /** For audit rows: `key` or the name of the part of the system that acted. */
  get name(): string {
    return this.#name;
  }

  may(permission: Permission): boolean {
    return (
      standingAllows(this.isUnverified, permission) && holds(this.scope.level, this.permissions, permission)
    );
  }

  /** The same, for what it does in the place of a key that did not see messages with these labels. */
  withoutSight(labels: readonly string[]): Actor {
    const unseen = restrictedLabels.filter(
      (label) => this.unseenLabels.includes(label) || labels.includes(label),
    );
    return new Actor(this.scope, this.keyId, this, this.#name, unseen);
  }
}
