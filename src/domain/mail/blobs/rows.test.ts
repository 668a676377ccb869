import { randomBytes } from "node:crypto";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { sha256 } from "../../../lib/hash.ts";
import { systemScope } from "../../door/access/index.ts";
import { mintScope } from "../../door/access/scope.ts";
import { BLOB_PIECE_BYTES } from "./limits.ts";
import { hex, insertBlobs, readBlobs } from "./rows.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("a scope reads the bytes that something in it points at, and no others", async () => {
  const inboxes = [await t.seed.inbox(), await t.seed.inbox()];
  const pod = t.organizationId;
  const arrive = mailInto(t);
  for (const [index, { address }] of inboxes.entries()) await arrive(address, { id: `<of-${index}@x>` });
  const kept = await t.behind((tx) =>
    sql<{ inbox: string; sha256: Buffer }>`select inbox_id as inbox, raw_sha256 as sha256 from messages
      where message_id in ('<of-0@x>', '<of-1@x>') order by message_id`.execute(tx.within(systemScope)),
  );
  const [mine, other] = kept.rows;
  if (mine === undefined || other === undefined) throw new Error("no mail arrived");
  const hashes = [mine.sha256, other.sha256];
  const seenIn = async (scope: ReturnType<typeof mintScope>): Promise<number> =>
    (await t.database.transaction(scope, (tx) => readBlobs(tx, scope, pod, hashes))).size;
  expect(await seenIn(mintScope(t.organizationId, null, null))).toBe(2);
  expect(await seenIn(mintScope(t.organizationId, pod, null))).toBe(2);
  expect(await seenIn(mintScope(t.organizationId, pod, mine.inbox))).toBe(1);
  expect(await seenIn(mintScope(t.organizationId, mine.inbox, null))).toBe(0);
  expect(await seenIn(mintScope(mine.inbox, null, null))).toBe(0);
  const whole = mintScope(t.organizationId, null, null);
  const directly = t.database.transaction(whole, (tx) =>
    sql`select sha256 from blobs`.execute(tx.within(whole)),
  );
  await expect(directly).rejects.toThrow(/permission denied/);
});

it("bytes of several pieces come whole, beside those of one", async () => {
  const podId = t.organizationId;
  const sizes = [10, BLOB_PIECE_BYTES, BLOB_PIECE_BYTES + 1, 3 * BLOB_PIECE_BYTES];
  const contents = sizes.map((size) => randomBytes(size));
  const { address: inbox } = await t.seed.inbox();
  const scope = mintScope(t.organizationId, null, null);
  await t.behind((tx) =>
    insertBlobs(
      tx,
      systemScope,
      contents.map((content) => ({ podId, organizationId: podId, sha256: sha256(content), content })),
      new Date(),
    ),
  );
  await mailInto(t)(inbox, { id: "<points@x>" });
  await t.behind((tx) =>
    sql`insert into attachments (pod_id, id, organization_id, inbox_id, thread_id, message_uuid, position, content_type,
        content_disposition, size, sha256)
      select pod_id, gen_random_uuid(), organization_id, inbox_id, thread_id, id, n, 'application/octet-stream', 'attachment', 1, hash
      from messages, unnest(${contents.map((content) => hex(sha256(content)))}::bytea[]) with ordinality as hashes (hash, n)
      where message_id = '<points@x>'`.execute(tx.within(systemScope)),
  );
  const read = await t.database.transaction(scope, (tx) =>
    readBlobs(
      tx,
      scope,
      podId,
      contents.map((one) => sha256(one)),
    ),
  );
  for (const content of contents) expect(read.get(hex(sha256(content)))?.equals(content)).toBe(true);
});
