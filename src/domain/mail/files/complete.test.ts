import { afterAll, beforeAll, expect, it } from "vitest";
import { announced, makeFile, putFile } from "../../../../test/support/files.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { completeFile, createFile, getFile } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const content = Buffer.from("content");

it("makes a file ready only when its bytes are there, and once", async () => {
  const inbox = (await t.seed.inbox()).address;
  const file = await t.run(t.rootToken, createFile, { inbox }, announced("a", content));
  const complete = () => t.run(t.rootToken, completeFile, { inbox }, { fileId: file.id });
  await expect(complete()).rejects.toMatchObject({ code: "object.conflict" });
  expect(await t.run(t.rootToken, getFile, { inbox }, { fileId: file.id })).toMatchObject({
    ...{ state: "pending", download: null, updatedAt: file.updatedAt },
  });
  await putFile(t, file, content);
  await putFile(t, file, content);
  const { updatedAt, state } = await complete();
  expect(state).toBe("ready");
  expect((await complete()).updatedAt).toEqual(updatedAt);
});

it("finds no file of another inbox, as none that is not there, and refuses what is no id", async () => {
  const [own, other] = [(await t.seed.inbox()).address, (await t.seed.inbox()).address];
  const { token } = await t.seed.key({ inbox: own });
  const theirs = await makeFile(t, other, "a", content);
  const complete = (inbox: string, fileId: string) => t.refusal(token, completeFile, { inbox }, { fileId });
  const absent = await complete(own, crypto.randomUUID());
  expect(absent.code).toBe("object.not_found");
  expect(await complete(own, theirs.id)).toEqual(absent);
  expect((await complete(other, theirs.id)).code).toBe("inbox.not_found");
  expect(await complete(own, "nonsense")).toMatchObject({
    code: "input.invalid",
    details: { path: ["fileId"] },
  });
});
