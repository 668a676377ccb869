/** An organization: everything one operator's keys can reach. */
export interface Organization {
  readonly id: string;
  readonly name: string;
  /** Since when none of its inboxes sends or receives. */
  readonly pausedAt: Date | null;
  readonly inboxCount: number;
  readonly domainCount: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
