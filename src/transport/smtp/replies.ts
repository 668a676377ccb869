/** What SMTP clients are told: a reply code, and a text that begins with its enhanced status code (RFC 3463). */
import type { FailCode } from "../../domain/door/failures.ts";

/** An error that the session answers with `responseCode` and the message. */
export class SmtpReply extends Error {
  readonly responseCode: number;
  constructor(code: number, text: string) {
    super(text);
    this.responseCode = code;
  }
}

/** Whatever is not about the recipient or the message is ours: the sender keeps the mail and tries again. */
const localError = [451, "4.3.0 Local error, try again later"] as const;

const byCode: Partial<Readonly<Record<FailCode, readonly [number, string]>>> = {
  "inbox.not_found": [550, "5.1.1 No such inbox here"],
  "input.too_large": [552, "5.3.4 Message exceeds the size limit"],
  "message.looping": [554, "5.4.6 Too many hops: this mail goes in a circle"],
  "limit.exceeded": [452, "4.2.2 The inbox is over its limit"],
};

/** @param code null for a failure nobody expected */
export function replyFor(code: FailCode | null): SmtpReply {
  const [status, text] = (code === null ? undefined : byCode[code]) ?? localError;
  return new SmtpReply(status, text);
}

export const noRoom = (): SmtpReply => new SmtpReply(451, "4.3.1 Too much mail at once, try again later");

export const UNKNOWN_PARAMETER = "5.5.4 Parameter not recognized or not offered here";

// Lines of sessions that end; said in place of the greeting or between commands.
export const TOO_MANY_SESSIONS = "4.3.2 Too many connections, try again later";
export const TOO_MANY_FROM_YOU = "4.7.0 Too many connections from your network, try again later";
export const TOO_MANY_ERRORS = "4.7.0 Too many errors, or commands without a message";
export const TOO_MUCH_DATA = "4.3.4 Message goes on far beyond the size limit";
export const STOPPING = "4.3.2 Service is stopping, try again later";
