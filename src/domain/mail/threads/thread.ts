import type { Attachment } from "../attachments/index.ts";
import type { ThreadState } from "../thread-state/index.ts";

/** A conversation within one inbox, with what its messages add up to. */
export interface Thread extends ThreadState {
  readonly inboxAddress: string;
  readonly attachments: readonly Attachment[];
}
