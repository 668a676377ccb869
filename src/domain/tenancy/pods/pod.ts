/** A pod: one tenant, the isolation boundary. The Default Pod of an organization has the organization's id. */
export interface Pod {
  readonly id: string;
  readonly organizationId: string;
  readonly name: string;
  readonly clientId: string | null;
  /** Since when none of its inboxes sends or receives. */
  readonly pausedAt: Date | null;
  /** Since when its keys are dead and its inboxes neither send nor receive, on its way out. */
  readonly suspendedAt: Date | null;
  /** From when on it is deleted, with all that it holds; null: only when somebody asks for it. */
  readonly deleteAfter: Date | null;
  /** What guards its inboxes; null: what the installation allows. */
  readonly policyId: string | null;
  /** Rules that its inboxes' mail is held against, in the order they were attached. */
  readonly ruleIds: readonly string[];
  /** The domain whose inboxes it groups, in lower case; of one pod of the organization at most. */
  readonly groupDomain: string | null;
  /** Whether inboxes under that domain are put into it of themselves. */
  readonly autoGroup: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** Holds what is made without naming a pod. */
export const isDefault = ({ id, organizationId }: Pick<Pod, "id" | "organizationId">): boolean =>
  id === organizationId;

/** Name of a pod made without one, and of the pod every organization starts with (contract 6.2). */
export const UNNAMED_POD = "My Pod";
export const DEFAULT_POD = "Default Pod";
