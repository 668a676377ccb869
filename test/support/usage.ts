/** What inboxes hold as those who write have counted it, against what their threads add up to. */
import { sql } from "kysely";
import { expect } from "vitest";
import { systemScope } from "../../src/domain/door/access/index.ts";
import { heldBy } from "../../src/domain/mail/storage/rows.ts";
import type { TestDoor } from "./test-door.ts";

/** Of every inbox of the database; fails when one is counted wrong. */
export async function expectUsageTrue(t: TestDoor): Promise<void> {
  const { rows } = await t.behind((tx) =>
    sql`select pod_id, inbox_id, sum(messages) as messages, sum(threads) as threads, sum(bytes) as bytes from (
        select pod_id, inbox_id, -message_count as messages, -1 as threads, -size as bytes from threads
        union all select * from (${heldBy(sql`true`)}) as counted
      ) as parts
      group by 1, 2 having sum(messages) <> 0 or sum(threads) <> 0 or sum(bytes) <> 0`.execute(
      tx.within(systemScope),
    ),
  );
  expect(rows).toEqual([]);
}
