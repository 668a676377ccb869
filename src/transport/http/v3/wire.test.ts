/** What holds of every request to this API, whatever its route: envelopes, types of errors, names of a grant (nylas 1, 7). */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TestApp, testApp } from "../../../../test/support/test-app.ts";

let app: TestApp;
let inbox: string;
let inboxKey: string;
beforeAll(async () => {
  app = await testApp({ ROOKERY_SERVICES: "http" });
  const pod = await app.client().pods.create({ name: "Tenant" });
  const made = await app.client().pods.inboxes.create(pod.podId, { username: "scout", clientId: "scout-7" });
  inbox = made.inboxId;
  const key = await app.client().inboxes.apiKeys.create(inbox, {});
  inboxKey = "apiKey" in key ? key.apiKey : "";
});
afterAll(async () => app.stop());

const errorOf = (body: Record<string, unknown>): Record<string, unknown> =>
  // Cast: what an error's body has.
  (body["error"] ?? {}) as Record<string, unknown>;

describe("an answer", () => {
  test("has its request id in the body and in the header, whether it is one of success or not", async () => {
    for (const path of ["/v3/applications", "/v3/nothing", "/v3/grants/x/calendars"]) {
      const answer = await fetch(`${app.baseUrl}${path}`, {
        headers: { authorization: `Bearer ${app.rootKey}` },
      });
      const body = (await answer.json()) as Record<string, unknown>;
      expect(body["request_id"], path).toBe(answer.headers.get("x-request-id"));
      expect(body["request_id"], path).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  test("is the same when the client's base URL ends in a slash", async () => {
    const answer = await app.request("GET", "//v3/applications");
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ data: { environment: "production", callback_uris: [] } });
  });

  test("to a wrong method is 404 and no 405", async () => {
    const answer = await app.request("PUT", "/v3/applications", { body: {} });
    expect(answer.status).toBe(404);
    expect(errorOf(answer.body)).toEqual({ type: "api.not_found_error", message: "Resource not found." });
  });
});

describe("an error", () => {
  const cases = [
    ["GET", "/v3/applications", null, 401, "token.unauthorized_access"],
    ["GET", "/v3/grants/x/messages", null, 401, "unauthorized"],
    ["GET", "/v3/grants/x/messages", "am_us_wrong", 401, "unauthorized"],
    ["GET", "/v3/grants/x/calendars", undefined, 404, "not_found_error"],
    ["GET", "/v3/grants/x/messages", undefined, 501, "not_implemented_error"],
    ["POST", "/v3/grants/x/messages/smart-compose", undefined, 400, "invalid_request_error"],
    ["GET", "/v3/connect/auth", undefined, 400, "api.invalid_request_error"],
    ["POST", "/v3/channels/pubsub", undefined, 404, "api.not_found_error"],
  ] as const;

  test.each(cases)("of %s %s with the key %s is %i %s", async (method, path, key, status, type) => {
    const answer = await app.request(method, path, key === undefined ? {} : { key });
    expect({ status: answer.status, type: errorOf(answer.body)["type"] }).toEqual({ status, type });
    expect(errorOf(answer.body)["message"]).toMatch(/./);
  });

  test("about the value of a condition says which forms it may have", async () => {
    const match = { conditions: [{ field: "from.domain", operator: "is", value: 5 }] };
    const answer = await app.request("POST", "/v3/rules", {
      body: { name: "R", match, actions: [{ type: "block" }] },
    });
    expect(answer.status).toBe(400);
    expect(errorOf(answer.body)["message"]).toBe(
      "match.conditions.0.value: Expected a text, or a list of texts",
    );
  });

  test("of token and revoke has the form that OAuth clients read", async () => {
    for (const path of ["/v3/connect/token", "/v3/connect/revoke?token=x"]) {
      const answer = await app.request("POST", path, { body: {} });
      expect(answer.status).toBe(400);
      expect(answer.body).toMatchObject({
        error: "invalid_request",
        error_code: 400,
        error_description: "Hosted authentication is not available for provider nylas",
      });
    }
  });
});

describe("a grant in the path", () => {
  test("is found under each of its names, in any case of its address", async () => {
    for (const name of [
      inbox,
      encodeURIComponent(inbox),
      inbox.toUpperCase(),
      `email:${inbox}`,
      "external:scout-7",
    ])
      expect((await app.request("GET", `/v3/grants/${name}/calendars`)).status, name).toBe(200);
    for (const name of ["grant:x", "external:scout-8", "external:", "email:", "scout-7"])
      expect((await app.request("GET", `/v3/grants/${name}/calendars`)).status, name).toBe(404);
  });

  test("is `me` for a key of the inbox, which no wider key has", async () => {
    expect((await app.request("GET", "/v3/grants/me/calendars", { key: inboxKey })).status).toBe(200);
    const wider = await app.request("GET", "/v3/grants/me/calendars");
    expect(wider.status).toBe(400);
    expect(errorOf(wider.body)["type"]).toBe("invalid_request_error");
  });
});
