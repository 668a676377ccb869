/** What every way of sending is given and gives. */
import type { InboxTarget } from "../access/index.ts";
import type { Context } from "../operation.ts";

export type SendContext = Context & { readonly inbox: InboxTarget };

export interface Submitted {
  readonly messageId: string;
  readonly threadId: string;
}
