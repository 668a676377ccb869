import { expect, test } from "vitest";
import { drivenMethods } from "./driven-methods.ts";

const names = ["inboxes.get", "pods.inboxes.get", "threads.list"];
const driven = (text: string): string[] => [...drivenMethods(names, [{ path: "a.test.ts", text }]).keys()];

test("a method counts where its whole name stands behind a client, on one line or several", () => {
  expect(driven("await client.inboxes.get(id)")).toEqual(["inboxes.get"]);
  expect(driven("app.client().pods.inboxes.get(pod, id)")).toEqual(["pods.inboxes.get"]);
  expect(driven("failure(of(key)\n  .threads\n  .list())")).toEqual(["threads.list"]);
  expect(driven("app.client(key).threads.list({ limit: 1 })")).toEqual(["threads.list"]);
});

test("neither the end of a longer name nor a name without a call counts", () => {
  expect(driven("client.pods.inboxes.get(pod, id)")).toEqual(["pods.inboxes.get"]);
  expect(driven("const { get } = client.inboxes; get(id)")).toEqual([]);
  expect(driven("client.inboxes.getMore(id)")).toEqual([]);
});

test("the first test that calls it is named", () => {
  const text = "client.inboxes.get(id)";
  const tests = ["a.test.ts", "b.test.ts"].map((path) => ({ path, text }));
  expect([...drivenMethods(names, tests)]).toEqual([["inboxes.get", "a.test.ts"]]);
});
