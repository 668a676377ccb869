/** `Authorization: Bearer …` -> Actor: who is asking, nothing about what they may do. */
import type { Actor, Authenticator, LookUpPace } from "../../domain/door/access/index.ts";
import { fail } from "../../domain/door/failures.ts";

/** The scheme word is matched as written, and the token may hold no space (contract 1.1, 2.4). */
const bearer = /^Bearer ([^\s]+)$/;

/** The token of an Authorization header; undefined without one. */
export const bearerToken = (header: string | undefined): string | undefined =>
  header === undefined ? undefined : bearer.exec(header)?.[1];

/** @throws Failure auth.missing, auth.unknown_key, auth.expired_key */
export async function authenticate(
  authenticator: Authenticator,
  header: string | undefined,
  pace: LookUpPace,
): Promise<Actor> {
  const token = bearerToken(header);
  if (token === undefined)
    throw fail("auth.missing", {
      message: "Unauthorized",
      hint: "Send the header `Authorization: Bearer <api key>`.",
    });
  return authenticator.authenticate(token, pace);
}
