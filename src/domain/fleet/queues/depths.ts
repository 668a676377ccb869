/** How much waits in the whole installation, whoever's it is, for the operator's monitoring. Names no tenant. */
import type { Database } from "../../../storage/db.ts";
import { systemScope } from "../../door/access/index.ts";
import { QUEUE_DEPTHS_MS } from "./limits.ts";
import { countCopies, countJobs, countOutbound, countWebhooks, type QueueDepth } from "./store.ts";

export type { QueueDepth } from "./store.ts";

/** Counts every row that waits: a second for a million. @throws when it takes longer than QUEUE_DEPTHS_MS */
export const readQueueDepths = (database: Database): Promise<readonly QueueDepth[]> =>
  database.transaction(
    systemScope,
    async (tx) =>
      (
        await Promise.all([
          countOutbound(tx, systemScope),
          countCopies(tx, systemScope),
          countWebhooks(tx, systemScope),
          countJobs(tx, systemScope),
        ])
      ).flat(),
    { isRepeatable: true, statementMs: QUEUE_DEPTHS_MS },
  );
