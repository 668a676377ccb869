/** Runs that wait at the same moment and may share a transaction. See docs/decisions/0062-group-commit-of-sends.md. */
import { createGrouping, type Grouping } from "../../lib/grouping.ts";
import { MAX_INGEST_GROUP, MAX_SHARED_BYTES } from "../limits.ts";
import type { Share } from "./operation.ts";
import type { Outcome } from "./sharing.ts";
import { type Run, runTogether, type TransactionParts } from "./transaction.ts";
import { isUnavailable } from "./unavailable.ts";

/** Rows are recipients, bounded as copies of mail that arrives. */
interface Waiting {
  readonly run: Run;
  readonly share: Share;
}

/** Runs it with those that wait with it. Rejects when it failed alone. */
export type Groups = (run: Run, share: Share) => Promise<Outcome<unknown>>;

/** There are groupings for as long as something waits in them: no more than there are runs. */
export function createGroups(parts: TransactionParts): Groups {
  const groupings = new Map<
    string,
    { readonly grouping: Grouping<Waiting, Outcome<unknown>>; users: number }
  >();
  return async (run, share) => {
    const key = keyOf(run);
    const entry = groupings.get(key) ?? { grouping: groupingOf(parts), users: 0 };
    groupings.set(key, entry);
    entry.users++;
    try {
      return await entry.grouping.add({ run, share });
    } finally {
      if (--entry.users === 0) groupings.delete(key);
    }
  };
}

/**
 * What those that share have in common: the scope of their keys, which row-level security is set to, and the kind of transaction. Keys of
 * the organization share within one inbox: what they reach is wider than any pod.
 */
function keyOf({ operation: { kind }, actor: { scope }, at: { pod, inbox } }: Run): string {
  const { organizationId, podId, inboxId } = scope;
  return JSON.stringify([kind, organizationId, podId ?? [pod, inbox], inboxId]);
}

const groupingOf = (parts: TransactionParts): Grouping<Waiting, Outcome<unknown>> =>
  createGrouping<Waiting, Outcome<unknown>>(
    async (sharing) => {
      const runs = sharing.map(({ run }) => run);
      return runTogether(parts, runs).catch((error: unknown) => {
        // It may have been committed, or there is nothing to be had now: doing each of them again alone would be wrong, or more of it.
        if (runs.length > 1 && isUnavailable(error)) return runs.map(() => ({ error }));
        throw error;
      });
    },
    {
      maxRows: MAX_INGEST_GROUP,
      maxBytes: MAX_SHARED_BYTES,
      sizeOf: ({ share }) => share,
      // Inboxes take turns.
      tenantOf: ({ run }) => JSON.stringify(run.at.inbox),
    },
  );
