import { AgentMailClient } from "agentmail";
import { expect, test } from "vitest";
import { compatibilityPage, methodNames } from "./compatibility.ts";
import { conformanceTests, drivenMethods } from "./driven-methods.ts";
import { v0Routes } from "./index.ts";

const client = new AgentMailClient({ baseUrl: "http://127.0.0.1", apiKey: "none" });
const root = new URL("../../../../", import.meta.url);
const tests = drivenMethods(methodNames(client), await conformanceTests(root));
const page = compatibilityPage(client, "1.2.3", v0Routes, tests);

/** Method -> what the page says of it. */
const states = new Map(
  [...page.matchAll(/^\| `([\w.]+)` \| `[\w.]+` \| (?:`[A-Z]+ [^`]+`|WebSocket) \| (.+) \| .* \|$/gm)].map(
    ([, name = "", state = ""]) => [name, state],
  ),
);

test("every route is a method of the client, by the client's name, and is said to work; or it is ours, and is listed as that", () => {
  const beyond = v0Routes.filter(
    ({ name, refused }) =>
      states.get(name) !== (refused === null ? "works" : `${refused.status}: ${refused.because}`),
  );
  expect(beyond.map(({ name }) => name)).toEqual(
    v0Routes.filter(({ isOwn }) => isOwn).map(({ name }) => name),
  );
  expect(
    [...(page.split("## Beyond the client")[1]?.matchAll(/^- `([A-Z]+) (.+)`$/gm) ?? [])].map(
      ([, method, path]) => `${method} ${path}`,
    ),
  ).toEqual(beyond.map(({ method, path }) => `${method.toUpperCase()} ${path}`));
  expect(page).toContain("client 1.2.3 for TypeScript");
});

test("every other method is answered with what the contract has for what is not there", () => {
  const others = [...states].filter(([, state]) => state !== "works");
  expect(others.filter(([, state]) => !/^\d{3}: .+\.$/.test(state))).toEqual([]);
  expect(others).toHaveLength(v0Routes.filter(({ isOwn, refused }) => !isOwn && refused !== null).length);
});

test("the sum at the top is that of the lines", () => {
  const works = v0Routes.filter(({ isOwn, refused }) => !isOwn && refused === null);
  // And the WebSocket, which is no route.
  expect(page).toContain(`${works.length + 1} of ${states.size}\nwork`);
  expect(compatibilityPage(client, "1.2.3", [], new Map())).toContain(`0 of ${states.size}\nwork`);
});

test("every method that works is called by a conformance test, which the page names", () => {
  const works = [...states].filter(([, state]) => state === "works").map(([name]) => name);
  expect(works.filter((name) => !tests.has(name))).toEqual([]);
  expect(page).toMatch(/`auth\.me` .* \[[\w-]+\]\(\.\.\/test\/conformance\/[\w-]+\.test\.ts\)/);
});
