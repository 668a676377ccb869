/** One attempt to hand a message to another server, as the queue asks for it; who does it is told apart in workers. */
import type { Fault } from "../../../protocols/smtp/reply.ts";
import type { SuppressionCause } from "../../guardrails/suppressions/index.ts";
import type { RecipientOutcome } from "./delivery.ts";

/** What became of one recipient. */
export interface TriedRecipient {
  readonly address: string;
  /** `accepted`: the server answers for it from now on. `deferred`: it may be tried again. `refused`: for good. */
  readonly kind: "accepted" | "deferred" | "refused";
  /** SMTP reply code; null: there was no reply. */
  readonly code: number | null;
  /** RFC 3463. */
  readonly enhancedCode: string | null;
  /** The server's words, or ours on why there are none. */
  readonly reply: string;
  /** What is at fault; null: accepted. */
  readonly fault: Fault | null;
  /** The connection broke before the reply to the whole message: it may have been taken. */
  readonly isDoubtful: boolean;
}

export interface AttemptOutcome {
  readonly recipients: readonly TriedRecipient[];
  /** Host that was spoken to last; null: none. */
  readonly mx: string | null;
  readonly mxAddress: string | null;
  readonly tls: string | null;
  readonly at: Date;
}

export interface SuppressedRecipient {
  readonly address: string;
  readonly cause: SuppressionCause;
}

/** A delivery that this process has a lease of. */
export interface TakenDelivery {
  readonly podId: string;
  readonly id: string;
  readonly organizationId: string;
  readonly inboxId: string;
  readonly messageUuid: string;
  readonly domain: string;
  /** Number of this attempt: 1 is the first. The lease is known by it. */
  readonly attempt: number;
  /** Recipients that are still to be tried. */
  readonly pending: readonly string[];
  /** Recipients that were to be tried, and have been suppressed since: each is settled without an attempt. */
  readonly suppressed: readonly SuppressedRecipient[];
  /** What is known of all that were tried. */
  readonly outcomes: readonly RecipientOutcome[];
  /** Where bounces go; empty when its inbox was deleted before that was known. */
  readonly envelopeFrom: string;
  /** Milliseconds until it is given up; negative when that was due. */
  readonly leftMs: number;
  readonly sizeBytes: number;
  /** Null when nobody asked for its bytes, and when they are missing, which nothing of ours causes. */
  readonly raw: Buffer | null;
  /** True when its sender deleted it meanwhile. */
  readonly isDeleted: boolean;
  /** True when its sender was deleted while it was paused. */
  readonly isAbandoned: boolean;
}
