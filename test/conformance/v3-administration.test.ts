/** Nylas's own client against the administrative routes of /v3, and how it reads what is refused. */
import { NylasApiError, NylasOAuthError } from "nylas";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { publish } from "../support/domain-records.ts";
import { type NameServer, startNameServer } from "../support/internet/name-server.ts";
import { type Nylas, nylasClient } from "../support/nylas.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

let app: TestApp;
let nylas: Nylas;
let inbox: string;
let podKey: string;
let dns: NameServer;
beforeAll(async () => {
  dns = await startNameServer({});
  app = await testApp({ ROOKERY_SERVICES: "http", ROOKERY_DNS_SERVERS: dns.server });
  nylas = app.nylas();
  const pod = await app.client().pods.create({ name: "Tenant" });
  inbox = (await app.client().pods.inboxes.create(pod.podId, { username: "scout" })).inboxId;
  const key = await app.client().pods.apiKeys.create(pod.podId, { name: "pod" });
  podKey = "apiKey" in key ? key.apiKey : "";
});
afterAll(async () => {
  await app.stop();
  dns.close();
});

/** What the client makes of a refusal. */
async function refusalOf(call: PromiseLike<unknown>): Promise<NylasApiError | NylasOAuthError> {
  const error: unknown = await Promise.resolve(call).catch((thrown: unknown) => thrown);
  if (error instanceof NylasApiError || error instanceof NylasOAuthError) return error;
  throw new Error(`the client made no error of its own: ${String(error)}`);
}

describe("the application", () => {
  test("is read, and keeps what it is given", async () => {
    const { data, requestId } = await nylas.applications.getDetails();
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    expect(data).toMatchObject({
      region: "us",
      environment: "production",
      branding: { name: "Organization" },
      callbackUris: [],
    });
    expect(data.organizationId).toBe(data.applicationId);
    const updated = await nylas.applications.update({
      requestBody: {
        branding: { name: "Fleet", websiteUrl: "https://fleet.example.com" },
        idpSettings: { origins: "https://idp.example.com" },
        callbackUris: [{ url: "https://fleet.example.com/callback", platform: "web" }],
      },
    });
    expect(updated.data).toMatchObject({
      branding: { name: "Fleet", websiteUrl: "https://fleet.example.com" },
      idpSettings: { origins: "https://idp.example.com" },
      callbackUris: [{ url: "https://fleet.example.com/callback", platform: "web" }],
    });
    const again = await nylas.applications.update({ requestBody: { branding: { description: "Agents" } } });
    expect(again.data.branding).toEqual({ name: "Organization", description: "Agents" });
    expect(again.data.idpSettings).toEqual({ origins: "https://idp.example.com" });
    expect((await nylas.applications.update({ requestBody: {} })).data).toMatchObject(again.data);
  });

  test("has redirect URIs", async () => {
    const { redirectUris } = nylas.applications;
    const url = "myapp://callback";
    const made = await redirectUris.create({
      requestBody: { url, platform: "ios", settings: { bundleId: "com.example.app" } },
    });
    expect(made.data).toMatchObject({ url, platform: "ios", settings: { bundleId: "com.example.app" } });
    const redirectUriId = made.data.id;
    expect((await redirectUris.find({ redirectUriId })).data).toEqual(made.data);
    expect((await redirectUris.list()).data).toContainEqual(made.data);
    const changed = await redirectUris.update({ redirectUriId, requestBody: { url: "myapp://other" } });
    expect(changed.data).toEqual({ ...made.data, url: "myapp://other" });
    expect((await redirectUris.destroy({ redirectUriId })).requestId).toMatch(/./);
    expect(await refusalOf(redirectUris.find({ redirectUriId }))).toMatchObject({ statusCode: 404 });
    // As the vendor's command line names them.
    const listed = await app.request("GET", "/v3/applications/callback-uris");
    expect(listed.body).toMatchObject({ data: [{ url: "https://fleet.example.com/callback" }] });
  });

  test("is shown to a key of a pod without its redirect URIs, and changed by none", async () => {
    const ofPod = app.nylas(podKey);
    expect((await ofPod.applications.getDetails()).data.callbackUris).toEqual([]);
    const refused = await refusalOf(ofPod.applications.update({ requestBody: { domain: "x" } }));
    expect(refused).toMatchObject({ statusCode: 403, type: "insufficient_scopes" });
  });
});

describe("connectors", () => {
  test("are one, which is there before anything was created, and after", async () => {
    const { data } = await nylas.connectors.list({ queryParams: { limit: 200 } });
    expect(data).toEqual([{ name: "Nylas", provider: "nylas", settings: {}, scope: [] }]);
    // Cast: the client's types do not know its own provider.
    const requestBody = { provider: "nylas", name: "Ours" } as never;
    expect((await nylas.connectors.create({ requestBody })).data).toEqual(data[0]);
    const provider = "nylas" as never;
    const updated = await nylas.connectors.update({ provider, requestBody: { name: "Ours", scope: ["a"] } });
    expect(updated.data).toMatchObject({ name: "Ours", provider: "nylas", scope: ["a"] });
    const again = await nylas.connectors.update({ provider, requestBody: { settings: { key: "value" } } });
    expect(again.data).toMatchObject({ name: "Ours", settings: { key: "value" }, scope: ["a"] });
    expect((await nylas.connectors.find({ provider })).data).toEqual(again.data);
    const offset = await app.request("GET", "/v3/connectors?limit=500&offset=1");
    expect(offset.body).toMatchObject({ data: [], limit: 200, offset: 1 });
    expect((await nylas.connectors.credentials.list({ provider })).data).toEqual([]);
  });

  test("of accounts are not deleted, and others do not exist", async () => {
    const used = await refusalOf(nylas.connectors.destroy({ provider: "nylas" }));
    expect(used).toMatchObject({ statusCode: 409, type: "api.conflict_error" });
    const other = await refusalOf(nylas.connectors.find({ provider: "google" }));
    expect(other).toMatchObject({ statusCode: 404, type: "api.not_found_error" });
    // Cast: settings that no other provider needs here.
    const requestBody = { provider: "google", name: "Google", settings: {} } as never;
    expect(await refusalOf(nylas.connectors.create({ requestBody }))).toMatchObject({ statusCode: 400 });
    const credential = nylas.connectors.credentials.find({ provider: "google", credentialsId: "x" });
    expect(await refusalOf(credential)).toMatchObject({ statusCode: 400 });
  });
});

describe("signing in", () => {
  test("detects addresses of this server and no others", async () => {
    const detect = async (email: string) => (await nylas.auth.detectProvider({ email })).data;
    expect(await detect(inbox)).toEqual({ emailAddress: inbox, detected: true, provider: "nylas" });
    expect(await detect("a+b@gmail.com")).toEqual({ emailAddress: "a+b@gmail.com", detected: false });
    const wrong = await refusalOf(nylas.auth.detectProvider({ email: "nobody" }));
    expect(wrong).toMatchObject({ statusCode: 400, type: "api.invalid_request_error" });
    expect(wrong.message).toMatch(/^Invalid email\. /);
  });

  test("by hosted authentication is refused in the form that the client reads", async () => {
    const code = { clientId: "x", redirectUri: "https://app.example.com", code: "y" };
    const calls = [
      () => nylas.auth.exchangeCodeForToken(code),
      () => nylas.auth.revoke("x"),
      () => nylas.auth.idTokenInfo("x"),
      () => nylas.auth.accessTokenInfo("x"),
    ];
    for (const call of calls) {
      const error = await refusalOf(call());
      expect(error).toBeInstanceOf(NylasOAuthError);
      expect(error).toMatchObject({
        statusCode: 400,
        errorDescription: "Hosted authentication is not available for provider nylas",
      });
    }
  });
});

describe("managed domains", () => {
  /** The client wants the headers of a service account, and a key besides them is what counts here. */
  const overrides = () => ({
    headers: {
      "X-Nylas-Kid": "key",
      "X-Nylas-Timestamp": "1",
      "X-Nylas-Nonce": "nonce",
      "X-Nylas-Signature": "signature",
      Authorization: `Bearer ${app.rootKey}`,
    },
  });

  test("are created, found by id and by name, renamed and deleted", async () => {
    const requestBody = { name: "Agents", domainAddress: "Agents.Example.com" };
    const { data } = await nylas.domains.create({ requestBody, overrides: overrides() });
    expect(data).toMatchObject({
      name: "Agents",
      branded: false,
      domainAddress: "agents.example.com",
      region: "us",
      verifiedOwnership: false,
      verifiedArc: false,
    });
    const domainId = data.id ?? "";
    for (const name of [domainId, "agents.example.com"])
      expect((await nylas.domains.find({ domainId: name, overrides: overrides() })).data).toEqual(data);
    const renamed = { requestBody: { name: "Fleet" }, overrides: overrides() };
    expect((await nylas.domains.update({ domainId, ...renamed })).data).toMatchObject({ name: "Fleet" });
    const dkim = { domainId, requestBody: { type: "dkim" as const, options: {} }, overrides: overrides() };
    const { data: record } = await nylas.domains.info(dkim);
    expect(record).toMatchObject({
      domainId,
      status: "pending",
      attempt: { type: "dkim", options: { type: "TXT" } },
    });
    expect(record.attempt?.options?.["host"]).toMatch(/\._domainkey$/);
    const mx = { ...dkim, requestBody: { type: "mx" as const, options: {} } };
    expect((await nylas.domains.info(mx)).data.attempt?.options).toMatchObject({ host: "@", type: "MX" });
    const { data: info } = await nylas.domains.verify(dkim);
    expect(info).toMatchObject({ domainId, status: "pending", attempt: { type: "dkim" } });
    publish(dns.zone, await app.client().domains.get("agents.example.com"));
    expect((await nylas.domains.verify(mx)).data.status).toBe("done");
    const flags = await nylas.domains.find({ domainId, overrides: overrides() });
    expect(flags.data).toMatchObject({
      verifiedDkim: true,
      verifiedOwnership: true,
      verifiedMx: true,
      verifiedDmarc: true,
    });
    expect((await nylas.domains.destroy({ domainId, overrides: overrides() })).requestId).toMatch(/./);
    const gone = await refusalOf(nylas.domains.find({ domainId, overrides: overrides() }));
    expect(gone).toMatchObject({
      statusCode: 404,
      type: "not_found_error",
      message: "requested object not found",
    });
  });

  test("need a key, and are a conflict where another has them", async () => {
    const { Authorization: _none, ...headers } = overrides().headers;
    const unsigned = await refusalOf(nylas.domains.list({ overrides: { headers } }));
    expect(unsigned).toMatchObject({ statusCode: 401, type: "unauthorized" });
    const own = { name: "Own", domainAddress: "rookery.localhost" };
    const taken = await refusalOf(nylas.domains.create({ requestBody: own, overrides: overrides() }));
    expect(taken).toMatchObject({ statusCode: 409, type: "conflict" });
  });

  test("are listed in pages of any limit, and never more than asked for", async () => {
    const names = Array.from({ length: 5 }, (_none, index) => `list${index}.example.com`);
    for (const domainAddress of names)
      await nylas.domains.create({ requestBody: { name: "List", domainAddress }, overrides: overrides() });
    for (const limit of [1, 2, 200, 500]) {
      const { data } = await nylas.domains.list({ queryParams: { limit }, overrides: overrides() });
      expect(data.map(({ domainAddress }) => domainAddress)).toEqual(names.toReversed().slice(0, limit));
    }
    const walked: unknown[] = [];
    for await (const page of nylas.domains.list({ overrides: overrides() })) walked.push(...page.data);
    expect(walked).toHaveLength(names.length);
    const first = await app.request("GET", "/v3/admin/domains?limit=2");
    const next = `/v3/admin/domains?limit=2&page_token=${String(first.body["next_cursor"])}`;
    const second = await app.request("GET", next);
    expect(second.body).toMatchObject({ data: [{ domain_address: names[2] }, { domain_address: names[1] }] });
  });
});

describe("what agent accounts do not have", () => {
  test("is an empty list of calendars, and no calendar or event", async () => {
    expect((await nylas.calendars.list({ identifier: inbox })).data).toEqual([]);
    const calendar = nylas.calendars.find({ identifier: inbox, calendarId: "primary" });
    expect(await refusalOf(calendar)).toMatchObject({ statusCode: 404, type: "not_found_error" });
    const events = nylas.events.list({ identifier: inbox, queryParams: { calendarId: "primary" } });
    expect(await refusalOf(events)).toMatchObject({ statusCode: 404, type: "not_found_error" });
    const created = nylas.calendars.create({ identifier: inbox, requestBody: { name: "Ours" } });
    expect(await refusalOf(created)).toMatchObject({ statusCode: 400, type: "invalid_request_error" });
  });

  test("is said by its name", async () => {
    const compose = nylas.messages.smartCompose.composeMessage({
      identifier: inbox,
      requestBody: { prompt: "Write" },
    });
    expect(await refusalOf(compose)).toMatchObject({
      statusCode: 400,
      message: "Smart compose is not available for provider nylas",
    });
    expect(await refusalOf(nylas.notetakers.list({}))).toMatchObject({ statusCode: 400 });
    const configurations = nylas.scheduler.configurations.list({ identifier: inbox });
    expect(await refusalOf(configurations)).toMatchObject({ statusCode: 400 });
  });
});

describe("an error", () => {
  test("has its type, its status and the id of its request, whatever it is", async () => {
    const wrongKey = await refusalOf(app.nylas("am_us_wrong").applications.getDetails());
    expect(wrongKey).toMatchObject({
      statusCode: 401,
      type: "token.unauthorized_access",
      message: "Bearer token invalid",
    });
    const wrongLimit = await app.request("GET", "/v3/connectors?limit=0");
    expect(wrongLimit.body).toMatchObject({
      error: { type: "api.invalid_request_error", details: [{ loc: ["limit"] }] },
    });
    const absent = await refusalOf(
      nylas.applications.redirectUris.find({ redirectUriId: "0190a000-0000-7000-8000-00000000dead" }),
    );
    expect(absent).toMatchObject({
      statusCode: 404,
      type: "api.not_found_error",
      message: "Resource not found.",
    });
    for (const error of [wrongKey, absent]) expect(error.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("is none for a client whose base URL ends in a slash", async () => {
    const slashed = nylasClient(`${app.baseUrl}/`, app.rootKey);
    expect((await slashed.applications.getDetails()).data.region).toBe("us");
  });
});
