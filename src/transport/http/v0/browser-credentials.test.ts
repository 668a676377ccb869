import { afterAll, beforeAll, expect, it } from "vitest";
import { type TestApp, testApp } from "../../../../test/support/test-app.ts";
import { browserCredentials } from "./browser-credentials.ts";

let app: TestApp;
beforeAll(async () => {
  app = await testApp({ ROOKERY_SERVICES: "http" });
});
afterAll(() => app.stop());

it("browser credentials are said not to be there, and neither no route nor a key that is not found", async () => {
  for (const { method, path } of browserCredentials) {
    const url = path.replaceAll(/\{\w+\}/g, "any");
    const answer = await app.request(method.toUpperCase(), url, method === "post" ? { body: {} } : {});
    expect(answer, path).toMatchObject({
      status: 404,
      body: { code: "not_found", message: "Browser credential not found", fix: expect.any(String) },
    });
  }
});
