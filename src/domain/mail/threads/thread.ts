import type { Attachment } from "../attachments/index.ts";
import type { ThreadState } from "../thread-state/index.ts";

/** A conversation within one inbox, with a summary of its messages. */
export interface Thread extends ThreadState {
  readonly inboxAddress: string;
  readonly attachments: readonly Attachment[];
}
