/** The password that opens IMAP and submission to one inbox. Only its hash is stored, and neither is given back or logged. */
import type { Context } from "../../door/context.ts";
import { fail, invalid } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
import type { Inbox } from "./inbox.ts";
import { MAX_APP_PASSWORD_LENGTH, MIN_APP_PASSWORD_LENGTH } from "./limits.ts";
import { setAppPasswordHash } from "./store.ts";

/** Printable ASCII without the space (nylas 2.2). */
const PRINTABLE = /^[!-~]*$/;
const KINDS = [/[A-Z]/, /[a-z]/, /[0-9]/];

/** @throws Failure input.invalid, without the password */
export function checkAppPassword(password: string): string {
  const isLong = password.length >= MIN_APP_PASSWORD_LENGTH && password.length <= MAX_APP_PASSWORD_LENGTH;
  if (isLong && PRINTABLE.test(password) && KINDS.every((kind) => kind.test(password))) return password;
  throw invalid(
    ["appPassword"],
    says`${field("appPassword")} must have ${MIN_APP_PASSWORD_LENGTH} to ${MAX_APP_PASSWORD_LENGTH} printable ASCII characters without a space, among them a capital letter, a small letter and a digit`,
  );
}

/**
 * Hashes and stores it; the one before stops working with the commit. Ends the run (context.outside), so after all that may refuse.
 * @param password checked; null: removes it, and closes IMAP and submission to the inbox
 */
export async function storeAppPassword(
  context: Context,
  inbox: Pick<Inbox, "id" | "podId">,
  password: string | null,
): Promise<void> {
  const { tx, scope } = context;
  const hash =
    password === null ? null : context.outside({ kind: "passwordHash", tenant: inbox.podId, password });
  if (password !== null && hash === null)
    throw fail("service.unavailable", {
      message: "Too many passwords are being stored",
      hint: "Try again in a few seconds.",
    });
  await setAppPasswordHash(tx, scope, inbox, hash);
}
