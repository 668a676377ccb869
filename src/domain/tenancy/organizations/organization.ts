/** An organization: everything one operator's keys can reach. */
export interface Organization {
  readonly id: string;
  readonly name: string;
  readonly inboxCount: number;
  readonly domainCount: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
