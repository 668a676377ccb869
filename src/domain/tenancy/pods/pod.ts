/** A pod: one tenant, the isolation boundary. The Default Pod of an organization has the organization's id. */
export interface Pod {
  readonly id: string;
  readonly organizationId: string;
  readonly name: string;
  readonly clientId: string | null;
  /** Since when none of its inboxes sends or receives. */
  readonly pausedAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Name of a pod made without one, and of the pod every organization starts with (contract 6.2). */
export const UNNAMED_POD = "My Pod";
export const DEFAULT_POD = "Default Pod";
