import { afterAll, beforeAll, expect, it } from "vitest";
import { announced, filePartsOf, makeFile } from "../../../../test/support/files.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createFile, getFile, openLink } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const content = Buffer.from("content");

it("has a link to the bytes once they are there, and none before", async () => {
  const inbox = (await t.seed.inbox()).address;
  const get = (fileId: string) => t.run(t.rootToken, getFile, { inbox }, { fileId });
  const pending = await t.run(t.rootToken, createFile, { inbox }, announced("b", content));
  expect(await get(pending.id)).toMatchObject({ path: "b", state: "pending", download: null });
  const file = await makeFile(t, inbox, "a", content);
  const found = await get(file.id);
  expect(found).toMatchObject({ path: "a", state: "ready", size: content.byteLength, inboxAddress: inbox });
  const linked = await openLink(filePartsOf(t), found.download?.token ?? "");
  expect((await linked.read()).equals(content)).toBe(true);
});

it("finds no file of another inbox, as none that is not there, and refuses what is no id", async () => {
  const [own, other] = [(await t.seed.inbox()).address, (await t.seed.inbox()).address];
  const { token } = await t.seed.key({ inbox: own });
  const theirs = await makeFile(t, other, "a", content);
  const get = (inbox: string, fileId: string) => t.refusal(token, getFile, { inbox }, { fileId });
  const absent = await get(own, crypto.randomUUID());
  expect(absent.code).toBe("object.not_found");
  expect(await get(own, theirs.id)).toEqual(absent);
  expect((await get(other, theirs.id)).code).toBe("inbox.not_found");
  expect(await get(own, "nonsense")).toMatchObject({ code: "input.invalid", details: { path: ["fileId"] } });
});
