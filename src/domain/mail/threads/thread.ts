import type { Attachment } from "../attachments/index.ts";
import type { ThreadState } from "../thread-state/index.ts";

/** A conversation within one inbox, without a look at its messages. */
export interface ThreadHead extends ThreadState {
  readonly inboxAddress: string;
}

/** The same with a summary of its messages. */
export interface Thread extends ThreadHead {
  readonly attachments: readonly Attachment[];
}
