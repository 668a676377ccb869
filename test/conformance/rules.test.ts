/** Rules and lists with Nylas's own client, every method of it; and what the vendor's CLI asks for, as it asks. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Nylas } from "../support/nylas.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

let app: TestApp;
let nylas: Nylas;
let email: string;
beforeAll(async () => {
  app = await testApp({ ROOKERY_SERVICES: "http" });
  nylas = app.nylas();
  email = (await app.client().inboxes.create({ username: "agent" })).inboxId;
});
afterAll(() => app.stop());

type CreateRule = Parameters<Nylas["rules"]["create"]>[0]["requestBody"];
/** Cast: the client has enums where the wire has texts. */
const rule = (name: string, changes: object = {}) =>
  ({
    name,
    match: { conditions: [{ field: "from.domain", operator: "is", value: "evil.example" }] },
    actions: [{ type: "block" }],
    ...changes,
  }) as CreateRule;

/** What the client throws of an error. */
async function errorOf(
  act: Promise<unknown>,
): Promise<{ statusCode: number; type: string; message: string }> {
  try {
    await act;
  } catch (error) {
    // Cast: the client's class of errors, which the package does not export as a value here.
    return error as { statusCode: number; type: string; message: string };
  }
  throw new Error("it was not refused");
}

describe("lists", () => {
  test("are made, changed, filled, emptied and deleted; items are normalised and counted", async () => {
    const { data: list } = await nylas.lists.create({ requestBody: { name: "L", type: "domain" } });
    expect(list).toMatchObject({ name: "L", type: "domain", itemsCount: 0 });
    expect(list.createdAt).toBeGreaterThan(1_700_000_000);
    const at = { listId: list.id };
    const added = await nylas.lists.addItems({ ...at, requestBody: { items: ["@B.example", "a.example"] } });
    expect(added.data.itemsCount).toBe(2);
    const { data: items } = await nylas.lists.listItems(at);
    expect(items.map(({ value, listId }) => [value, listId])).toEqual([
      ["a.example", list.id],
      ["b.example", list.id],
    ]);
    const left = await nylas.lists.removeItems({
      ...at,
      requestBody: { items: ["b.example", "no.example"] },
    });
    expect(left.data.itemsCount).toBe(1);
    const changed = await nylas.lists.update({ ...at, requestBody: { name: "M" } });
    expect(changed.data.name).toBe("M");
    expect((await nylas.lists.find(at)).data).toMatchObject({ name: "M", itemsCount: 1 });
    await nylas.lists.destroy(at);
    expect(await errorOf(nylas.lists.find(at))).toMatchObject({ statusCode: 404, type: "not_found_error" });
  });

  test("page by cursor, whatever limit is asked for", async () => {
    const { data: list } = await nylas.lists.create({ requestBody: { name: "P", type: "tld" } });
    const at = { listId: list.id };
    const values = Array.from({ length: 230 }, (_, n) => `t${String(n).padStart(3, "0")}`);
    await nylas.lists.addItems({ ...at, requestBody: { items: values } });
    for (const limit of [7, 50, 200, 500]) {
      const found: string[] = [];
      for await (const page of nylas.lists.listItems({ ...at, queryParams: { limit } }))
        found.push(...page.data.map(({ value }) => value));
      expect(found).toEqual(values);
    }
  });
});

describe("rules", () => {
  test("are made, found, changed in part and deleted, and listed in the nested form", async () => {
    const made = await app.request("POST", "/v3/rules", { body: rule("R") });
    expect(made.status).toBe(201);
    expect(made.body["data"]).toMatchObject({
      priority: 10,
      enabled: true,
      trigger: "inbound",
      match: { operator: "all" },
    });
    const { data: one } = await nylas.rules.create({ requestBody: rule("S", { priority: 1 }) });
    const at = { ruleId: one.id };
    expect((await nylas.rules.find(at)).data).toEqual(one);
    const changed = await nylas.rules.update({ ...at, requestBody: { enabled: false } });
    expect(changed.data).toMatchObject({ name: "S", enabled: false, match: one.match });
    const { data: listed } = await nylas.rules.list();
    expect(listed.map(({ name }) => name)).toEqual(["S", "R"]);
    const raw = await app.request("GET", "/v3/rules?limit=1");
    const { data, next_cursor: cursor } = raw.body as { data: { items: unknown[] }; next_cursor: string };
    expect(data).toMatchObject({ items: [{ name: "S" }], next_cursor: cursor });
    const next = await app.request("GET", `/v3/rules?page_token=${cursor}`);
    expect(next.body["data"]).toMatchObject({ items: [{ name: "R" }] });
    expect(next.body).not.toHaveProperty("next_cursor");
    for (const wrong of ["limit=0", "limit=-1", "limit=x", `page_token=${cursor}x`, "page_token=e30"])
      expect((await app.request("GET", `/v3/rules?${wrong}`)).status).toBe(400);
    expect((await app.request("GET", `/v3/lists?page_token=${cursor}`)).status).toBe(400);
    await nylas.rules.destroy(at);
    expect(await errorOf(nylas.rules.destroy(at))).toMatchObject({ statusCode: 404 });
  });

  test("say what is wrong with them where it is", async () => {
    const conditions = [{ field: "subject", operator: "is", value: "x" }];
    const { body, status } = await app.request("POST", "/v3/rules", {
      body: rule("W", { match: { conditions } }),
    });
    expect(status).toBe(400);
    expect(body["error"]).toMatchObject({
      type: "invalid_request_error",
      details: [{ loc: ["match", "conditions", 0, "field"] }],
    });
  });

  test("refuse a send, and leave their trail with the account", async () => {
    const { data: made } = await nylas.rules.create({
      requestBody: rule("T", {
        trigger: "outbound",
        match: { conditions: [{ field: "recipient.domain", operator: "is", value: "evil.example" }] },
      }),
    });
    const send = (to: string) => app.client().inboxes.messages.send(email, { to, subject: "x", text: "x" });
    await expect(send("a@evil.example")).rejects.toMatchObject({ statusCode: 403 });
    await send("a@ok.example");
    const { data } = await nylas.rules.listEvaluations({ identifier: email });
    const [passed, blocked] = data;
    expect(passed).toMatchObject({ appliedActions: {}, matchedRuleIds: [] });
    expect(passed?.messageId).toMatch(/^[0-9a-f-]{36}$/);
    expect(blocked).toMatchObject({
      evaluationStage: "outbound_send",
      evaluationInput: {
        fromAddress: email,
        fromDomain: "rookery.localhost",
        fromTld: "localhost",
        recipientAddresses: ["a@evil.example"],
        recipientDomains: ["evil.example"],
        recipientTlds: ["example"],
        outboundType: "compose",
      },
      appliedActions: { blocked: true },
      matchedRuleIds: [made.id],
    });
    expect(blocked).not.toHaveProperty("messageId");
    await nylas.rules.destroy({ ruleId: made.id });
    await send("a@evil.example");
  });
});
