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

/** A custom domain of one pod, or (`podId` null) of a whole organization. Lower-case, unique in the installation. */
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
  readonly dkimSelector: string;
  /** SubjectPublicKeyInfo, DER, base64. */
  readonly dkimPublicKey: string;
  readonly clientId: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
