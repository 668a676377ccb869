/** Why mail that a client submits is refused: a reply for each failure, with its enhanced code (RFC 3463) and the failure's own words. */
import type { FailCode, Failure } from "../../domain/door/failures.ts";
import { ownNameOf, textOf } from "../../domain/door/text.ts";
import { MAX_REPLY_TEXT } from "./limits.ts";
import { SmtpReply } from "./replies.ts";

type Codes = readonly [number, string];

/** Whatever is not the client's fault, so that it tries again. */
const localError: Codes = [451, "4.3.0"];

const ofMail: Partial<Readonly<Record<FailCode, Codes>>> = {
  "input.invalid": [554, "5.6.0"],
  "input.too_large": [552, "5.3.4"],
  // What let the client in is gone since.
  "auth.unknown_key": [530, "5.7.0"],
  "auth.expired_key": [530, "5.7.0"],
  "inbox.not_found": [530, "5.7.0"],
  "permission.missing": [550, "5.7.1"],
  "scope.forbidden": [550, "5.7.1"],
  "domain.not_verified": [550, "5.7.1"],
  "pod.suspended": [550, "5.7.1"],
  "message.rejected": [550, "5.7.1"],
  "rule.blocked": [550, "5.7.1"],
  "message.looping": [554, "5.4.6"],
  "message.too_large": [552, "5.3.4"],
  "attachment.refused": [552, "5.6.1"],
  "idempotency.conflict": [554, "5.6.0"],
  // It ends: a client that keeps the mail and tries again loses nothing.
  "sending.paused": [451, "4.7.1"],
  "limit.reached": [452, "4.7.1"],
  "storage.reached": [452, "4.2.2"],
  "service.full": [452, "4.3.1"],
};

const ofSignIn: Partial<Readonly<Record<FailCode, Codes>>> = {
  "auth.unknown_key": [535, "5.7.8"],
  "auth.expired_key": [535, "5.7.8"],
  "permission.missing": [535, "5.7.8"],
  "pod.suspended": [525, "5.7.13"],
};

const temporarySignInFailure: Codes = [454, "4.7.0"];

/** One line of printable ASCII. */
const printable = (text: string): string => text.replaceAll(/[^ -~]+/g, "?").slice(0, MAX_REPLY_TEXT);

const replyWith = ([status, enhanced]: Codes, text: string): SmtpReply =>
  new SmtpReply(status, `${enhanced} ${printable(text)}`);

/** To a mail, or to its MAIL FROM. */
export function refusalOfMail({ code, details }: Failure): SmtpReply {
  const text = textOf(details.message, ownNameOf);
  if (code === "idempotency.conflict")
    return replyWith([554, "5.6.0"], "Message rejected: its Message-ID was used for another mail");
  return replyWith(ofMail[code] ?? localError, text);
}

/** To AUTH. An unknown address and a wrong password get the same. */
export function refusalOfSignIn({ code, details }: Failure): SmtpReply {
  if (code === "auth.unknown_key") return wrongCredentials();
  const text =
    code === "permission.missing" ? "The key may not send mail" : textOf(details.message, ownNameOf);
  return replyWith(ofSignIn[code] ?? temporarySignInFailure, text);
}

export const wrongCredentials = (): SmtpReply =>
  replyWith([535, "5.7.8"], "Authentication credentials invalid");

/** For a reason of ours. */
export const temporarilyRefused = (): SmtpReply =>
  replyWith(localError, "Local error in processing, try again later");
export const signInFailed = (): SmtpReply =>
  replyWith(temporarySignInFailure, "Temporary authentication failure, try again later");

/** The client sends the mail again to the others (RFC 5321 section 4.5.3.1.10). */
export const tooManyRecipients = (count: number): SmtpReply =>
  replyWith([452, "4.5.3"], `A message may have ${count} recipients at most, send it again to the others`);

/** The other recipients get the mail. */
export const noRecipient = (written: string): SmtpReply =>
  replyWith([553, "5.1.3"], `${written} is no address that mail can be sent to`);
