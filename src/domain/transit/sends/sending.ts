/** What every way of sending gives. */
export interface Submitted {
  readonly messageId: string;
  readonly threadId: string;
}
