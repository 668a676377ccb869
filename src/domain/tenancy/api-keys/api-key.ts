import type { PermissionSet } from "../../door/access/index.ts";
import type { PublicKey } from "./public-key.ts";

/** An API key as it may be shown: never with its secret, of which only the hash exists. */
export interface ApiKey {
  readonly id: string;
  readonly organizationId: string;
  readonly podId: string | null;
  readonly inboxId: string | null;
  /** Address of the inbox, for inbox keys. */
  readonly inboxAddress: string | null;
  readonly name: string;
  /** Null: it has a secret. A public key lets nobody in. */
  readonly publicKey: PublicKey | null;
  /** That a public key was registered under. */
  readonly clientId: string | null;
  /** The key that registered a public key. */
  readonly createdByKeyId: string | null;
  /** How the secret begins; empty without one. */
  readonly prefix: string;
  /** Null: everything its scope allows. */
  readonly permissions: PermissionSet | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly usedAt: Date | null;
  readonly expiresAt: Date | null;
}
