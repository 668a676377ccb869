/** Copies that are queued, as if they had been for some time. */
import { sql } from "kysely";
import { systemScope } from "../../src/domain/door/access/index.ts";
import type { TestDoor } from "./test-door.ts";

/** Has all copies have been queued so many milliseconds earlier. */
export const haveWaitedFor = (t: TestDoor, ms: number): Promise<unknown> =>
  t.behind((tx) =>
    sql`update outbound_deliveries set created_at = created_at - make_interval(secs => ${ms / 1000})`.execute(
      tx.within(systemScope),
    ),
  );
