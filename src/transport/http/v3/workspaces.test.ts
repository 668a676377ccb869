/** The list of workspaces, of which clients know no pages: all of them, in one answer that is written as it is read. */
import { get, type IncomingMessage } from "node:http";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type TestApp, testApp } from "../../../../test/support/test-app.ts";

/** Many times what sockets hold that nobody reads from. */
const WORKSPACES = 40_000;

let app: TestApp;
let database: pg.Client;
beforeAll(async () => {
  app = await testApp({ ROOKERY_SERVICES: "http", ROOKERY_LOG_LEVEL: "silent" });
  database = new pg.Client({ connectionString: app.databaseUrl });
  await database.connect();
  // Many of one moment, so that pieces end among them.
  await database.query("set role rookery_worker");
  await database.query(
    `insert into pods (id, organization_id, name, created_at, updated_at)
     select gen_random_uuid(), organizations.id, 'Tenant ' || n, timestamptz '2026-01-01' + n / 1000 * interval '1 hour', now()
     from organizations, generate_series(1, $1::integer) as n`,
    [WORKSPACES],
  );
  await database.query("reset role");
});
afterAll(async () => {
  await database.end();
  await app.stop();
});

/** The answer's head, with nothing of its body read yet. */
const asked = (): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${app.rootKey}` };
    get(`${app.baseUrl}/v3/workspaces`, { headers, agent: false }, resolve).on("error", reject);
  });

const idsOf = ({ body }: { readonly body: Record<string, unknown> }): string[] =>
  // Cast: a list of this server.
  (body["data"] as { workspace_id: string }[]).map((one) => one.workspace_id);

test("is whole, in the order of its pages, and each workspace is in it once", async () => {
  const whole = await app.request("GET", "/v3/workspaces");
  expect(whole.status).toBe(200);
  expect(Object.keys(whole.body)).toEqual(["request_id", "data"]);
  expect(whole.text).toBe(JSON.stringify(whole.body));
  const ids = idsOf(whole);
  expect(ids.length).toBe(WORKSPACES + 1);
  expect(new Set(ids).size).toBe(WORKSPACES + 1);
  const first = await app.request("GET", "/v3/workspaces?limit=200");
  expect(ids.slice(0, 200)).toEqual(idsOf(first));
  const second = await app.request("GET", `/v3/workspaces?limit=200&page_token=${first.body["next_cursor"]}`);
  expect(ids.slice(200, 400)).toEqual(idsOf(second));
});

test("is read no further than its client reads it, and breaks the connection when a later piece fails", async () => {
  const answer = await asked();
  expect(answer.statusCode).toBe(200);
  await database.query("alter table pods rename to pods_elsewhere");
  try {
    let text = "";
    const read = async (): Promise<void> => {
      for await (const piece of answer) text += String(piece);
    };
    await expect(read()).rejects.toThrow(/aborted/);
    expect(text).toMatch(/^\{"request_id":".*","data":\[\{/);
    expect(() => JSON.parse(text)).toThrow();
    const refused = await app.request("GET", "/v3/workspaces");
    expect({ status: refused.status, ...refused.body }).toMatchObject({ status: 500, error: {} });
  } finally {
    await database.query("alter table pods_elsewhere rename to pods");
  }
});
