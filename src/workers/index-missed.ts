/** Job: queue mail for the index, and give inboxes words, where a version before this one did not while both ran. */
import { queueMissedMail } from "../domain/mail/search/index.ts";
import { addWords } from "../domain/tenancy/inboxes/index.ts";
import type { Clock } from "../lib/clock.ts";
import type { Database } from "../storage/db.ts";
import type { Task } from "../storage/job-runner.ts";

export const indexMissedTask = ({ database, clock }: { database: Database; clock: Clock }): Task => {
  return async () => {
    await addWords(database);
    await queueMissedMail(database, clock.now().getTime());
  };
};
