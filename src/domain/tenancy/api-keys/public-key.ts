/** Public keys as clients register them: P-256, as a JSON Web Key (RFC 7517, RFC 7518 section 6.2). */
import { createPublicKey } from "node:crypto";
import { sha256 } from "../../../lib/hash.ts";
import { invalid } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";

export interface PublicJwk {
  readonly kty: "EC";
  readonly crv: "P-256";
  /** Coordinates: 32 bytes each, in base64url without padding. */
  readonly x: string;
  readonly y: string;
}

export interface PublicKey {
  readonly jwk: PublicJwk;
  /** SHA-256 thumbprint (RFC 7638), in base64url without padding. */
  readonly fingerprint: string;
}

const COORDINATE_BYTES = 32;

/** @throws Failure input.invalid for a coordinate that is not written as it should be, and for a point that is not on the curve */
export function publicKeyOf({ x, y }: Pick<PublicJwk, "x" | "y">): PublicKey {
  for (const [name, coordinate] of Object.entries({ x, y })) {
    const bytes = Buffer.from(coordinate, "base64url");
    if (bytes.byteLength !== COORDINATE_BYTES || bytes.toString("base64url") !== coordinate)
      throw invalid(["publicKey", name], `${name} must be 32 bytes in base64url without padding`);
  }
  const jwk = { kty: "EC", crv: "P-256", x, y } as const;
  if (!isOnCurve(jwk))
    throw invalid(["publicKey"], says`${field("publicKey")} is no point of the curve P-256`);
  // Members in the order of their names, without whitespace (RFC 7638 section 3).
  const canonical = JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x, y });
  return { jwk, fingerprint: sha256(canonical).toString("base64url") };
}

function isOnCurve(jwk: PublicJwk): boolean {
  try {
    createPublicKey({ key: { ...jwk }, format: "jwk" });
    return true;
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
}

/** Decodes a stored one; null where the row has a secret. */
export function readPublicKey(stored: unknown): PublicKey | null {
  // Cast: only insertApiKeys writes them, in this form.
  return stored as PublicKey | null;
}
