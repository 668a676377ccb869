import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { deleteMessage } from "../messages/index.ts";
import { sweepBlobs } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("the bytes of a message deleted as soon as it came are gone with it, those that another shares stay", async () => {
  const { address: inbox, podId } = await t.seed.inbox();
  const arrive = mailInto(t);
  for (const id of ["<kept@x>", "<gone@x>"])
    await arrive(inbox, {
      id,
      file: { name: "same.bin", type: "application/octet-stream", content: "same" },
    });
  await t.run(t.rootToken, deleteMessage, { inbox }, { messageId: "<gone@x>" });
  await sweepBlobs(t.database, podId);
  const { rows } = await t.behind((tx) =>
    sql<{
      text: string;
    }>`select encode(content, 'escape') as text from blobs where pod_id = ${podId}`.execute(
      tx.within(systemScope),
    ),
  );
  const kept = rows.map(({ text }) => text);
  expect(kept.filter((text) => text.includes("<kept@x>") || text === "same")).toHaveLength(2);
  expect(kept.filter((text) => text.includes("<gone@x>"))).toEqual([]);
});
