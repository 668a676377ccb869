/** Failures as SMTP replies: total by type, so a new code cannot be forgotten. */
import type { FailCode } from "../../domain/failures.ts";

/** Everything that is not about the recipient or the message is ours: 451, and the sender tries again. */
const temporary = [451, "4.3.0 Local error, try again later"] as const;

const byCode: Partial<Readonly<Record<FailCode, readonly [number, string]>>> = {
  "inbox.not_found": [550, "5.1.1 No such inbox here"],
  "input.too_large": [552, "5.3.4 Message exceeds the size limit"],
  "limit.exceeded": [452, "4.2.2 The inbox is over its limit"],
};

/** An error with the reply code that smtp-server sends. */
export class SmtpReply extends Error {
  readonly responseCode: number;
  constructor(code: number, text: string) {
    // smtp-server writes the enhanced code itself; ours is only there to be read with the table above.
    super(text.replace(/^\d\.\d\.\d+ /, ""));
    this.responseCode = code;
  }
}

export function replyFor(code: FailCode | null): SmtpReply {
  const [status, text] = (code === null ? undefined : byCode[code]) ?? temporary;
  return new SmtpReply(status, text);
}
