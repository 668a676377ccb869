import { afterAll, beforeAll, expect, it } from "vitest";
import { announced, filePartsOf, keptOf, makeFile, putFile } from "../../../../test/support/files.ts";
import { queuedSweeps } from "../../../../test/support/queued-jobs.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { sweepBlobs } from "../blobs/index.ts";
import { createFile, deleteFile, getFile, openLink } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const content = Buffer.from("content");

it("takes a file away with its links and its bytes, and frees its path, once", async () => {
  const podId = await t.seed.pod();
  const inbox = (await t.seed.inbox(podId)).address;
  const file = await makeFile(t, inbox, "a", content);
  const pending = await t.run(t.rootToken, createFile, { inbox }, announced("b", content));
  for (const { id } of [file, pending]) await t.run(t.rootToken, deleteFile, { inbox }, { fileId: id });
  for (const operation of [getFile, deleteFile])
    expect(await t.refusal(t.rootToken, operation, { inbox }, { fileId: file.id })).toMatchObject({
      code: "object.not_found",
    });
  await expect(openLink(filePartsOf(t), file.download?.token ?? "")).rejects.toMatchObject({
    code: "file.expired",
  });
  await expect(putFile(t, pending, content)).rejects.toMatchObject({ code: "object.not_found" });
  expect(await queuedSweeps(t)).toContain(podId);
  await sweepBlobs(t.database, podId);
  expect(await keptOf(t, podId)).toEqual({ pieces: 0, blobs: 0 });
  expect((await makeFile(t, inbox, "a", content)).state).toBe("ready");
});

it("finds no file of another inbox, as none that is not there, and leaves it", async () => {
  const [own, other] = [(await t.seed.inbox()).address, (await t.seed.inbox()).address];
  const { token } = await t.seed.key({ inbox: own });
  const theirs = await makeFile(t, other, "a", content);
  const remove = (inbox: string, fileId: string) => t.refusal(token, deleteFile, { inbox }, { fileId });
  const absent = await remove(own, crypto.randomUUID());
  expect(absent.code).toBe("object.not_found");
  expect(await remove(own, theirs.id)).toEqual(absent);
  expect((await remove(other, theirs.id)).code).toBe("inbox.not_found");
  const left = await t.run(t.rootToken, getFile, { inbox: other }, { fileId: theirs.id });
  expect(left.state).toBe("ready");
});
