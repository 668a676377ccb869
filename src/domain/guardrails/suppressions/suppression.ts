/**
 * Addresses that a pod no longer writes to, because mail to them came back or was complained of. They stand on its list of blocked recipients
 * as the vendor has them (contract 9.8, 11): entries that the routes of lists show and may not delete. See docs/decisions/0042-bounces.md.
 */

/** Why an address is suppressed. `manual`: somebody put it there, such as a list that was kept elsewhere before. */
export const suppressionCauses = ["bounce", "complaint", "unsubscribe", "manual"] as const;
export type SuppressionCause = (typeof suppressionCauses)[number];

export interface Suppression {
  readonly organizationId: string;
  readonly podId: string;
  /** Canonical. */
  readonly address: string;
  readonly cause: SuppressionCause;
  /** For people: what the other server said, or what the caller did. */
  readonly reason: string | null;
  readonly createdAt: Date;
}
