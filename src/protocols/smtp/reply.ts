/** What an SMTP server's reply (RFC 5321 section 4.2) says of a message: taken, to be tried again, or refused, and whose fault it is. */

export interface Reply {
  /** 200 to 599. */
  readonly code: number;
  /** RFC 3463, when the reply has one. */
  readonly enhancedCode: string | null;
  /** Printable, in one line with its codes, at most MAX_REPLY_TEXT characters. */
  readonly text: string;
}

/**
 * What is at fault, by the subject of the enhanced status code (RFC 3463 section 3): the mailbox (X.1, X.2), the other server
 * (X.3), the network between (X.4), the protocol as one side speaks it (X.5), the message's content (X.6), or a policy (X.7).
 */
export type Fault = "mailbox" | "system" | "network" | "protocol" | "content" | "policy";

/** Step of a transaction in which a reply came. */
export type Step = "greeting" | "hello" | "tls" | "auth" | "mail" | "rcpt" | "data" | "message";

export interface Verdict {
  /** `deferred`: it may be tried again. `refused`: for good. */
  readonly kind: "accepted" | "deferred" | "refused";
  /** Null: accepted. */
  readonly fault: Fault | null;
}

/** Characters of a reply that are kept: three lines of the longest (RFC 5321 section 4.5.3.1.5 has 512), and what people read. */
export const MAX_REPLY_TEXT = 400;

/** @returns null for what is no reply: it does not begin with a code */
export function readReply(raw: string): Reply | null {
  // A server may send a megabyte; what is behind the start is not read.
  const lines = raw.slice(0, MAX_REPLY_TEXT * 4).split(/\r?\n/);
  const [, code, enhancedCode = null] =
    /^([2-5]\d\d)(?=[ -]|$)[ -]?(?:([245]\.\d{1,3}\.\d{1,3})(?= |$))?/.exec(lines[0] ?? "") ?? [];
  if (code === undefined) return null;
  const texts = lines.map((line) => line.replace(/^\d{3}[ -]?([245]\.\d{1,3}\.\d{1,3}(?= |$))?/, ""));
  const text = printable([code, enhancedCode ?? "", ...texts].join(" "));
  return { code: Number(code), enhancedCode, text };
}

/** In one line, without control characters, at most MAX_REPLY_TEXT characters. */
export function printable(text: string): string {
  const start = text.slice(0, MAX_REPLY_TEXT * 4);
  const visible = start.replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, " ").trim();
  return visible.slice(0, MAX_REPLY_TEXT).toWellFormed();
}

/** Codes by which a host says that it takes no mail at all (RFC 7504), whenever it is asked. */
const NO_MAIL: ReadonlySet<number> = new Set([521, 556]);

/** Codes that tell of the session, not of the message: on another connection it may go through. */
const SESSION_ONLY: ReadonlySet<number> = new Set([503]);

/**
 * A 5yz reply refuses for good and a 4yz one for now (RFC 5321 section 4.2.1), with these exceptions: a host that refuses the
 * session, its name, encryption or our credentials has not seen the message, and what it dislikes is of this installation, which
 * its operator can mend while the mail waits; and 503 tells of the order of commands.
 */
export function judgeReply(reply: Reply, step: Step): Verdict {
  const { code } = reply;
  if (code < 300) return { kind: "accepted", fault: null };
  const fault = faultOf(reply, step);
  if (code < 500 || SESSION_ONLY.has(code)) return { kind: "deferred", fault };
  const isOfSession = step === "greeting" || step === "hello" || step === "tls" || step === "auth";
  return { kind: isOfSession && !NO_MAIL.has(code) ? "deferred" : "refused", fault };
}

const FAULT_BY_SUBJECT: Readonly<Record<string, Fault>> = {
  "1": "mailbox",
  "2": "mailbox",
  "3": "system",
  "4": "network",
  "5": "protocol",
  "6": "content",
  "7": "policy",
};

function faultOf({ code, enhancedCode }: Reply, step: Step): Fault {
  const [, subject = "0", detail] = enhancedCode?.split(".") ?? [];
  // The sender's address is in the same subject, and not the recipient's mailbox (RFC 3463 section 3.2).
  if (subject === "1" && (detail === "7" || detail === "8")) return "policy";
  return FAULT_BY_SUBJECT[subject] ?? faultOfCode(code, step);
}

/** Of a server that sends no enhanced code (RFC 5321 section 4.2.2). */
function faultOfCode(code: number, step: Step): Fault {
  if (code < 400 || (code >= 500 && code <= 504)) return "protocol";
  if (code === 421 || code === 451 || code === 452) return "system";
  if (code === 552) return step === "rcpt" ? "mailbox" : "content";
  if (step === "rcpt" && code !== 554) return "mailbox";
  return "policy";
}
