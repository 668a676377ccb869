import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestApp, testApp } from "../../../../test/support/test-app.ts";
import { v0Routes } from "./index.ts";
import { unbuilt } from "./unbuilt.ts";

let app: TestApp;
beforeAll(async () => {
  app = await testApp({ ROOKERY_SERVICES: "http" });
});
afterAll(() => app.stop());

test("every route that is not built says so to a key, and nothing to anybody else", async () => {
  for (const { method, path, hint } of unbuilt) {
    const send = (key: string | null) =>
      app.request(method.toUpperCase(), path.replaceAll(/[{}]/g, ""), {
        key,
        ...(method !== "get" && { body: {} }),
      });
    const answer = await send(app.rootKey);
    expect(answer.status, path).toBe(501);
    expect(answer.body).toMatchObject({ code: "not_implemented", name: "NotImplementedError", fix: hint });
    expect((await send(null)).status, path).toBe(401);
  }
});

test("what is built is not listed as unbuilt", () => {
  const built = new Set(v0Routes.map(({ method, path }) => `${method} ${path}`));
  expect(unbuilt.filter(({ method, path }) => built.has(`${method} ${path}`))).toEqual([]);
});
