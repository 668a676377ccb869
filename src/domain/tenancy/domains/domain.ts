import type { RecordCheck } from "./checks.ts";

/** What is known of a domain's DNS records; moves from the first to the last, or back, as they are checked (contract 13.2). */
export const domainStatuses = [
  "NOT_STARTED",
  "PENDING",
  "INVALID",
  "FAILED",
  "VERIFYING",
  "VERIFIED",
] as const;
export type DomainStatus = (typeof domainStatuses)[number];

/**
 * A custom domain of one pod, or (`podId` null) of a whole organization. Lower-case. Several may claim a name; it is VERIFIED for one at
 * most.
 */
export interface Domain {
  readonly id: string;
  readonly organizationId: string;
  readonly podId: string | null;
  readonly domain: string;
  /** What people call it; null: the domain itself. */
  readonly name: string | null;
  readonly status: DomainStatus;
  /** Bounces and complaints are delivered to the sender's webhooks. */
  readonly feedbackEnabled: boolean;
  /** Inboxes may be made on names below the domain. */
  readonly subdomainsEnabled: boolean;
  readonly trackingEnabled: boolean;
  /** Mail to the domain is taken here. False: it only sends. */
  readonly inboundEnabled: boolean;
  /** What was found of its records when they were looked up. */
  readonly checks: readonly RecordCheck[];
  readonly checkedAt: Date | null;
  /** Null: no more, unless somebody asks for it. */
  readonly nextCheckAt: Date | null;
  /** In a row: of a verified domain those that found it broken, of another those since it was last asked for. */
  readonly failedChecks: number;
  /** Since when a verified domain is broken. */
  readonly failingSince: Date | null;
  /** The operator vouches for it, whatever its records say; then its status is VERIFIED. */
  readonly trustedAt: Date | null;
  readonly clientId: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
