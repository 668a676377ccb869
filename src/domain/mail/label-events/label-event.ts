/** A label that was put on a message of an inbox, or taken off it: those that it came with, and every change since. */
export interface LabelEvent {
  /** Sorts by time. */
  readonly id: string;
  readonly organizationId: string;
  readonly podId: string;
  /** Address. */
  readonly inboxAddress: string;
  readonly isAdded: boolean;
  readonly messageId: string;
  readonly label: string;
  readonly at: Date;
  /** Where the list goes on behind it: the row, and the place in it. */
  readonly cursor: readonly [string, number];
}
