/** `Authorization: Bearer …` -> Actor: who is asking, nothing about what they may do. */
import type { Actor, Authenticator } from "../../domain/door/access/index.ts";
import { Failure, fail } from "../../domain/door/failures.ts";
import type { StrangersPace } from "./shares.ts";

/** The scheme word is matched as written, and the token may hold no space (contract 1.1, 2.4). */
const bearer = /^Bearer ([^\s]+)$/;

/** The token of an Authorization header; undefined without one. */
export const bearerToken = (header: string | undefined): string | undefined =>
  header === undefined ? undefined : bearer.exec(header)?.[1];

/** @throws Failure auth.missing, auth.unknown_key, auth.expired_key */
export async function authenticate(
  authenticator: Authenticator,
  header: string | undefined,
  pace: StrangersPace,
): Promise<Actor> {
  const token = bearerToken(header);
  if (token === undefined)
    throw fail("auth.missing", {
      message: "Unauthorized",
      hint: "Send the header `Authorization: Bearer <api key>`.",
    });
  const actor = await authenticator.authenticate(token, pace);
  pace.recognise();
  return actor;
}

/** The scheme to use, which every 401 names (RFC 9110 section 11.6.1, RFC 6750 section 3). No browser asks its user for it. */
export const challengeTo = (error: unknown): string =>
  error instanceof Failure && error.code === "auth.missing"
    ? 'Bearer realm="rookery"'
    : 'Bearer realm="rookery", error="invalid_token"';
