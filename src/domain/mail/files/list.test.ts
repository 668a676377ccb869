import { afterAll, beforeAll, expect, it } from "vitest";
import { allFiles, announced } from "../../../../test/support/files.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createFile, type ListFiles, listFiles } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const list = async (inbox: string, input: Partial<ListFiles> = {}): Promise<string[]> =>
  (await t.run(t.rootToken, listFiles, { inbox }, { ...allFiles, ...input })).items.map(({ path }) => path);

it("is in the order of bytes, and a prefix means its characters", async () => {
  const inbox = (await t.seed.inbox()).address;
  const paths = ["B", "a", "a%", "a%b", "a/b", "a_", "ab", "e\u0301", "\u00e9", "\u{10FFFF}x", "\ue000"];
  for (const path of paths)
    await t.run(t.rootToken, createFile, { inbox }, announced(path, Buffer.from(path)));
  const inOrder = paths.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
  expect(await list(inbox)).toEqual(inOrder);
  expect(await list(inbox, { ascending: false })).toEqual(inOrder.toReversed());
  expect(await list(inbox, { size: 3, after: ["a%"] })).toEqual(
    inOrder.slice(inOrder.indexOf("a%") + 1).slice(0, 3),
  );
  for (const prefix of ["a", "a%", "a_", "a/", "e", "\u00e9", "\u{10FFFF}", "none"])
    expect(await list(inbox, { prefix }), prefix).toEqual(inOrder.filter((path) => path.startsWith(prefix)));
});

it("has the files of one inbox, and none of another is found", async () => {
  const [own, other] = [(await t.seed.inbox()).address, (await t.seed.inbox()).address];
  await t.run(t.rootToken, createFile, { inbox: other }, announced("theirs", Buffer.from("x")));
  expect(await list(own)).toEqual([]);
  const { token } = await t.seed.key({ inbox: own });
  const foreign = await t.refusal(token, listFiles, { inbox: other }, allFiles);
  expect(foreign.code).toBe("inbox.not_found");
  expect(await t.refusal(token, listFiles, { inbox: "nobody@rookery.localhost" }, allFiles)).toEqual(foreign);
});
