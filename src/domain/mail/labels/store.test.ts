/** Labels that the system sets, by a statement whose plan was made while there was hardly any mail. */
import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { allMessages, firstPage } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { Tx } from "../../../storage/db.ts";
import { systemScope } from "../../door/access/index.ts";
import { listMessages } from "../messages/index.ts";
import { addSystemLabels } from "./index.ts";

const MESSAGES = 200;
/** From the sixth time on PostgreSQL may keep one plan of a prepared statement. */
const TIMES = 7;

let t: TestDoor;
let pod: string;
let inbox: string;
beforeAll(async () => {
  t = await openTestDoor();
  pod = await t.seed.pod();
  inbox = (await t.seed.inbox(pod)).address;
  await mailInto(t)(inbox, { id: "<first@x>" });
});
afterAll(() => t.close());

/** As many messages more as MESSAGES, each in a thread of its own: copies of those that are there. */
async function fill(tx: Tx): Promise<void> {
  const copy = (table: string, own: string) =>
    sql.raw(`insert into ${table} select copied.* from ${table} as t cross join generate_series(1, ${MESSAGES}) as n
      cross join lateral json_populate_record(t, json_build_object('id', md5('${table}' || n)::uuid, ${own})) as copied
      where t.pod_id = '${pod}'`);
  await copy("threads", "'last_message_id', '<' || n || '@x>'").execute(tx.within(systemScope));
  await copy(
    "messages",
    "'thread_id', md5('threads' || n)::uuid, 'message_id', '<' || n || '@x>', 'sent_message_id', null",
  ).execute(tx.within(systemScope));
}

async function idOf(tx: Tx, messageId: string): Promise<string> {
  const found = tx.within(systemScope).selectFrom("messages").where("message_id", "=", messageId);
  return (await found.select("id").executeTakeFirstOrThrow()).id;
}

/** Rows of messages and threads that this transaction has read. */
async function rowsRead(tx: Tx): Promise<number> {
  const { rows } = await sql<{ read: number }>`
    select sum(seq_tup_read + idx_tup_fetch)::integer as read from pg_stat_xact_user_tables
    where relname in ('messages', 'threads')`.execute(tx.within(systemScope));
  return rows[0]?.read ?? Number.NaN;
}

it("reads the message that is named, and not all of the pod for each of its threads", async () => {
  const read = await t.behind(async (tx) => {
    const add = (messageUuid: string, label: string) =>
      addSystemLabels(tx, systemScope, pod, [{ messageUuid, label }], new Date());
    const first = await idOf(tx, "<first@x>");
    for (let time = 0; time < TIMES; time++) await add(first, `l${time}`);
    await fill(tx);
    const seventh = await idOf(tx, "<7@x>");
    const before = await rowsRead(tx);
    await add(seventh, "captured");
    return (await rowsRead(tx)) - before;
  });
  expect(read).toBeLessThan(10 * MESSAGES);
  const page = { ...allMessages, labels: ["captured"], page: firstPage };
  const { items } = await t.run(t.rootToken, listMessages, { inbox }, page);
  expect(items.map(({ messageId }) => messageId)).toEqual(["<7@x>"]);
});
