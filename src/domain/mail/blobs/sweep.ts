import type { Database } from "../../../storage/db.ts";
import { systemScope } from "../../door/access/index.ts";
import { LONG_STATEMENT_MS, SWEEP_BATCH } from "../../limits.ts";
import { deleteUnreferenced } from "./store.ts";

/** Deletes a pod's bytes that nothing points at any more. The role of requests may not: no request deletes bytes. */
export async function sweepBlobs(database: Database, podId: string): Promise<void> {
  const once = (): Promise<number> =>
    database.transaction(systemScope, (tx) => deleteUnreferenced(tx, systemScope, podId, SWEEP_BATCH), {
      statementMs: LONG_STATEMENT_MS,
    });
  while ((await once()) === SWEEP_BATCH);
}
