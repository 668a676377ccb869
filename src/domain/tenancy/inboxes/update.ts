import { fail, invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { field, says } from "../../door/text.ts";
import { checkDisplayName } from "./display-name.ts";
import type { Inbox } from "./inbox.ts";
import { mergeMetadata } from "./metadata.ts";
import { lockInbox, updateInboxRow } from "./store.ts";

export interface UpdateInbox {
  readonly displayName?: string;
  /** Merged; null clears. */
  readonly metadata?: Readonly<Record<string, string | number | boolean | null>> | null;
}

/** Changes the display name, the metadata, or both; one of them must be given (contract 7.5). */
export const updateInbox = operation({
  name: "inbox.update",
  needs: ["inbox_update"],
  on: "inbox",
  kind: "write",
  check(input: UpdateInbox): UpdateInbox {
    if (input.displayName === undefined && input.metadata === undefined)
      throw invalid([], says`${field("displayName")} or ${field("metadata")} must be specified`);
    if (input.metadata !== undefined && input.metadata !== null && Object.keys(input.metadata).length === 0)
      throw invalid(["metadata"], says`${field("metadata")} must not be empty`, "Send null to clear it.");
    if (input.displayName !== undefined) checkDisplayName(input.displayName);
    return input;
  },
  async run(context, input): Promise<Inbox> {
    const { tx, scope } = context;
    const found = await lockInbox(tx, scope, context.inbox.id);
    if (found === null) throw fail("inbox.not_found", { message: "Inbox not found" });
    context.target(found.address);
    const changed = {
      ...found,
      displayName: input.displayName ?? found.displayName,
      metadata: input.metadata === undefined ? found.metadata : mergeMetadata(found.metadata, input.metadata),
      updatedAt: context.now,
    };
    await updateInboxRow(tx, scope, changed);
    return changed;
  },
});
