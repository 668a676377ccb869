/** The way out that ROOKERY_OUTBOUND chooses, as the queue's worker knows it. */
import type { AttemptOutcome } from "../../domain/transit/outbound/index.ts";
import type { OutgoingMail } from "../../egress/smtp/outcome.ts";

/** What became of an attempt, and whether the destination is to be left alone for a while. */
export interface CarriedOutcome extends AttemptOutcome {
  /** The server refused the session itself, whatever mail it was for. */
  readonly hasNoSession?: boolean;
}

/** Hands mail to other servers. */
export interface Carrier {
  /** Never rejects for what another server does; a rejection is a fault of ours. */
  send(mail: OutgoingMail): Promise<CarriedOutcome>;
  /** What connections are counted by: the domain itself, or the one smarthost for all. */
  destinationOf(domain: string): string;
  /** Connections to one destination at once. */
  readonly perDestination: number;
  /**
   * True for a smarthost: while it cannot be reached, or refuses us (a wrong password), everything waits for it alone. Otherwise what is
   * for a destination that cannot be reached is put off, and the rest goes on.
   */
  readonly isSmarthost: boolean;
  /** Breaks off what is under way. */
  close(): void;
}
