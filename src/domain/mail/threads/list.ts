import { type Page, type PageRequest, pageOf } from "../../door/cursor.ts";
import { operation } from "../../door/operation.ts";
import { hiddenLabels, type Included } from "../labels/index.ts";
import { selectThreads, type ThreadFilter } from "./store.ts";
import type { Thread } from "./thread.ts";

export interface ListThreads extends Omit<ThreadFilter, "hidden"> {
  readonly page: PageRequest;
  readonly included: Included;
}

/** Threads of the target by time, newest first; those with a restricted label only when the query includes them and the key permits it. */
export const listThreads = operation({
  name: "thread.list",
  needs: ["message_read"],
  on: "any",
  kind: "read",
  async run({ tx, scope, actor }, input: ListThreads): Promise<Page<Thread>> {
    const { rows, resumes } = await selectThreads(
      tx,
      scope,
      { ...input, hidden: hiddenLabels(actor, input.included) },
      input.page,
    );
    const page = pageOf(rows, input.page, (thread) => [thread.timestamp, thread.id]);
    return { ...page, next: page.next ?? resumes };
  },
});
