import { expect, test } from "vitest";
import { nylasClient } from "../../../../test/support/nylas.ts";
import { methodsOf, v3Compatibility } from "./compatibility.ts";
import { v3, v3Routes } from "./index.ts";

const client = nylasClient("http://127.0.0.1", "none");
const surface = { routes: v3Routes, unbuilt: v3.unbuilt, fixed: v3.fixed };
const page = v3Compatibility(client, "1.2.3", surface);

test("every method of the client is answered, by a route or by what is said here", () => {
  expect(methodsOf(client).length).toBeGreaterThan(120);
  expect(page.split("\n").filter((line) => line.endsWith("| not there |"))).toEqual([]);
  expect(page).toContain("client 1.2.3 for Node");
});

test("a route has one answer: none is built that is said to be missing", () => {
  const places = [...v3Routes, ...v3.unbuilt, ...v3.fixed].map(
    ({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/g, "{}")}`,
  );
  expect(places.filter((place, index) => places.indexOf(place) !== index)).toEqual([]);
});
