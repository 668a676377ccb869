/** One message for one domain, and what became of each of its recipients. */
import type { Fault, Reply, Verdict } from "../../protocols/smtp/reply.ts";

export interface OutgoingMail {
  /** Whose mail it is: id of the pod. */
  readonly tenant: string;
  /** Of the recipients: a name, in Unicode or A-labels, or an address literal in brackets. */
  readonly domain: string;
  /** Empty: the null reverse-path. */
  readonly mailFrom: string;
  readonly recipients: readonly string[];
  readonly raw: Uint8Array;
}

export interface RecipientResult {
  readonly address: string;
  /** `accepted`: the other server answers for it from now on. `deferred`: it may be tried again. `refused`: for good. */
  readonly kind: Verdict["kind"];
  /** SMTP reply code; null: there was no reply. */
  readonly code: number | null;
  /** RFC 3463: the server's, else ours where no server said anything; null where it said none. */
  readonly enhancedCode: string | null;
  /** The server's words, or ours on why there are none: printable, at most MAX_REPLY_TEXT characters. */
  readonly reply: string;
  /** Null: accepted. */
  readonly fault: Fault | null;
  /** The connection broke between the end of the message and its reply, so that it may have been taken: a repetition may arrive twice. */
  readonly isDoubtful: boolean;
}

export interface DeliveryOutcome {
  /** In the order of the mail's. */
  readonly recipients: readonly RecipientResult[];
  /** Name and address of the host that was spoken to last; null: none. */
  readonly mx: string | null;
  readonly mxAddress: string | null;
  /** `TLSv1.3`, with `DANE` behind it where TLSA records vouch for the host, and `unverified (CERT_HAS_EXPIRED)` where the certificate proves nothing; null: without TLS. */
  readonly tls: string | null;
  /** That host could not be reached, or refused the session itself: at its greeting, EHLO, STARTTLS or AUTH. */
  readonly hasNoSession: boolean;
  readonly at: Date;
}

/** What is said of recipients of whom no server said anything. */
export interface Finding {
  readonly kind: "deferred" | "refused";
  readonly enhancedCode: string;
  readonly why: string;
  readonly fault: Fault;
  readonly isDoubtful?: boolean;
}

export const found = (
  address: string,
  { kind, enhancedCode, why, fault, isDoubtful = false }: Finding,
): RecipientResult => ({
  address,
  kind,
  code: null,
  enhancedCode,
  reply: why,
  fault,
  isDoubtful,
});

export const answered = (address: string, reply: Reply, { kind, fault }: Verdict): RecipientResult => ({
  address,
  kind,
  code: reply.code,
  enhancedCode: reply.enhancedCode,
  reply: reply.text,
  fault,
  isDoubtful: false,
});
