import { afterAll, beforeAll, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { queuedSweeps } from "../../../../test/support/queued-jobs.ts";
import { rowsOf } from "../../../../test/support/rows-of.ts";
import { indexAll } from "../../../../test/support/search.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { findRecipients, systemScope } from "../../door/access/index.ts";
import { sweepBlobs } from "../../mail/blobs/index.ts";
import { whoAmI } from "../api-keys/index.ts";
import { createInbox, deleteInbox, getInbox } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("goes with its mail and keys, stops receiving, frees its client_id and its address; another of the pod stays", async () => {
  const pod = await t.seed.pod();
  const named = { username: "mine", clientId: "mine" };
  const own = await t.run(t.rootToken, createInbox, { pod }, named);
  const other = await t.seed.inbox(pod);
  const [key, otherKey] = [
    await t.seed.key({ inbox: own.address }),
    await t.seed.key({ inbox: other.address }),
  ];
  const arrive = mailInto(t);
  const file = { name: "a", type: "text/plain", content: "bytes" };
  await arrive(own.address, { id: "<goes@x>", file });
  await arrive(other.address, { id: "<stays@x>", file });
  await indexAll(t);
  await arrive(own.address, { id: "<queued@x>" });
  const stays = await rowsOf(t, pod, other.id);
  expect([...(await rowsOf(t, pod, own.id)).keys()]).toEqual(
    expect.arrayContaining(["inboxes", "messages", "threads"]),
  );
  await t.run(t.rootToken, deleteInbox, { inbox: own.address }, undefined);
  expect((await t.refusal(key.token, whoAmI, {}, undefined)).code).toBe("auth.unknown_key");
  for (const operation of [getInbox, deleteInbox])
    expect((await t.refusal(t.rootToken, operation, { inbox: own.address }, undefined)).code).toBe(
      "inbox.not_found",
    );
  const recipients = await t.behind((tx) =>
    findRecipients(tx, systemScope, [own.address, other.address], "rookery.localhost"),
  );
  expect([...recipients.keys()]).toEqual([other.address]);
  expect(await queuedSweeps(t)).toContain(pod);
  await sweepBlobs(t.database, pod);
  await indexAll(t);
  // What happened stays on record.
  expect(
    [...(await rowsOf(t, pod, own.id)).keys()].filter((table) => !/^(audit|events)/.test(table)),
  ).toEqual([]);
  expect(await rowsOf(t, pod, other.id)).toEqual(stays);
  expect(await t.run(otherKey.token, whoAmI, {}, undefined)).toMatchObject({ level: "inbox" });
  expect((await t.run(t.rootToken, createInbox, { pod }, named)).id).not.toBe(own.id);
});

it("of another pod is not found, as one that is not there, and stays", async () => {
  const { token } = await t.seed.tenant();
  const { address: inbox } = await t.seed.inbox(await t.seed.pod());
  const absent = await t.refusal(token, deleteInbox, { inbox: "nobody@rookery.localhost" }, undefined);
  expect(absent.code).toBe("inbox.not_found");
  expect(await t.refusal(token, deleteInbox, { inbox }, undefined)).toEqual(absent);
  expect((await t.run(t.rootToken, getInbox, { inbox }, undefined)).address).toBe(inbox);
});
