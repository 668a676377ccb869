/** Gives words to inboxes that have none: a version made them that knew of none. */
import type { Database } from "../../../storage/db.ts";
import { systemScope } from "../../door/access/index.ts";
import { INBOXES_WORDED } from "./limits.ts";
import { addMissingWords, findWordless } from "./words-store.ts";

export async function addWords(database: Database): Promise<void> {
  const once = (): Promise<number> =>
    database.transaction(
      systemScope,
      async (tx) => {
        const inboxes = await findWordless(tx, systemScope, INBOXES_WORDED);
        await addMissingWords(tx, systemScope, inboxes);
        return inboxes.length;
      },
      { isRepeatable: true },
    );
  // Each has the name of its domain at least, so none is found twice.
  while ((await once()) === INBOXES_WORDED);
}
