/** What a group of arrivals looks up, in a table whose second mails came after PostgreSQL last looked at it. */
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { rowsSoFar } from "../../../../test/support/rows-read.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { Tx } from "../../../storage/db.ts";
import { systemScope } from "../../door/access/index.ts";
import { findKnown, type MailKey } from "./store.ts";

const MESSAGES = 2000;
const SECOND_MAILS = 1000;
/** Mails of a group. */
const GROUP = 8;
/** From the sixth time on PostgreSQL may keep one plan of a prepared statement. */
const TIMES = 7;

interface Place {
  readonly podId: string;
  readonly inboxId: string;
}

let t: TestDoor;
let places: Place[];
beforeAll(async () => {
  t = await openTestDoor();
  const arrive = mailInto(t);
  places = [];
  for (let pod = 0; pod < 2; pod++) {
    const podId = await t.seed.pod();
    const { id, address } = await t.seed.inbox(podId);
    places.push({ podId, inboxId: id });
    await arrive(address, { id: "<copied@x>" });
  }
  const db = new pg.Client(t.engine.connection);
  await db.connect();
  // Copies of its rows, as thousands of mails by SMTP take a minute.
  const copy = (count: number, kind: string, sentId: string) =>
    db.query(`insert into messages select copied.* from messages as m cross join generate_series(1, ${count}) as n
      cross join lateral json_populate_record(m, json_build_object('id', md5('${kind}' || m.pod_id || n)::uuid,
        'message_id', '<${kind}' || n || '@x>', 'sent_message_id', ${sentId})) as copied
      where m.message_id = '<copied@x>'`);
  await db.query("set role rookery_worker");
  await copy(MESSAGES, "m", "null");
  await db.query("reset role");
  await db.query("analyze messages");
  await db.query("set role rookery_worker");
  await copy(SECOND_MAILS, "s", "'<m' || n || '@x>'");
  await db.end();
});
afterAll(() => t.close());

/** Rows of messages that this transaction has read. */
const rowsRead = (tx: Tx): Promise<number> => rowsSoFar(tx, "messages");

/** The content of what was copied. */
async function contentIn(tx: Tx, inboxId: string): Promise<Buffer> {
  const copied = tx.within(systemScope).selectFrom("messages").where("message_id", "=", "<copied@x>");
  const { content_sha256 } = await copied
    .where("inbox_id", "=", inboxId)
    .select("content_sha256")
    .executeTakeFirstOrThrow();
  return content_sha256 ?? Buffer.alloc(0);
}

it.each([1, 2])("reads what its keys name and no other second mail, of %i pods", async (pods) => {
  const of = (index: number): Place => places[index % pods] as Place;
  const group = async (tx: Tx): Promise<void> => {
    const contents = await Promise.all(places.map(({ inboxId }) => contentIn(tx, inboxId)));
    const mail = (messageId: string, index: number): MailKey => ({
      ...of(index),
      ...{ messageId, contentSha256: contents[index % pods] ?? Buffer.alloc(0) },
    });
    const mails = Array.from({ length: GROUP }, (_, at) =>
      mail(at < 2 ? `<m${at + 1}@x>` : `<new${at}@x>`, at),
    );
    const ancestors = [mail("<m7@x>", 0), mail("<gone@x>", 1)];
    for (let time = 1; time <= TIMES; time++) {
      const before = await rowsRead(tx);
      const known = await findKnown(tx, systemScope, mails, time % 2 === 0 ? ancestors : []);
      expect((await rowsRead(tx)) - before).toBeLessThan(4 * GROUP);
      const ids = known.map(({ messageId, sentMessageId }) => `${messageId} as ${sentMessageId}`);
      // Each mail and its second; of the ancestor as well.
      const expected = time % 2 === 0 ? [1, 2, 7] : [1, 2];
      expect(ids.toSorted()).toEqual([
        ...expected.map((n) => `<m${n}@x> as <m${n}@x>`),
        ...expected.map((n) => `<s${n}@x> as <m${n}@x>`),
      ]);
    }
  };
  await t.database.transaction(systemScope, group, { looksUpKeys: true });
});
