/** Job: count the inboxes of organizations where many came or went, so that pages by offset stay fast. */
import { rankTurn } from "../domain/tenancy/inboxes/index.ts";
import type { Database } from "../storage/db.ts";
import type { Task } from "../storage/job-runner.ts";

export const rankInboxesTask = (database: Database): Task => {
  return () => rankTurn(database);
};
