/** The way out that ROOKERY_OUTBOUND chooses, as the queue's worker knows it. */
import type { AttemptOutcome } from "../../domain/transit/outbound/index.ts";

export interface OutgoingMail {
  /** What the way out is shared by: a pod (UUID). */
  readonly tenant: string;
  /** Of the recipients. */
  readonly domain: string;
  /** Reverse-path; empty for the null reverse-path. */
  readonly mailFrom: string;
  readonly recipients: readonly string[];
  readonly raw: Uint8Array;
}

/** Hands mail to other servers. */
export interface Carrier {
  /** Never rejects for what another server does; a rejection is a fault of ours. */
  send(mail: OutgoingMail): Promise<AttemptOutcome>;
  /** What connections are counted by: the domain itself, or the one smarthost for all. */
  destinationOf(domain: string): string;
  /** Connections to one destination at once. */
  readonly perDestination: number;
  /**
   * True for a smarthost: while it cannot be reached everything waits for it, and no attempt is counted. Otherwise what is for a
   * destination that cannot be reached is put off, and the rest goes on.
   */
  readonly isSmarthost: boolean;
  /** Breaks off what is under way. */
  close(): void;
}
