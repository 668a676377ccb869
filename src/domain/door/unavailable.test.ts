import { sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../test/support/test-door.ts";
import type { Database } from "../../storage/db.ts";
import { systemScope } from "./access/index.ts";
import { Failure } from "./failures.ts";
import { withUnavailability } from "./unavailable.ts";

let t: TestDoor;
let database: Database;
let owner: pg.Client;
const logged: string[] = [];
let nowMs = 0;
beforeAll(async () => {
  t = await openTestDoor();
  owner = new pg.Client(t.engine.connection);
  await owner.connect();
  database = withUnavailability(t.database, (reason) => void logged.push(reason), {
    monotonicMs: () => nowMs,
  });
});
afterAll(async () => {
  await owner.end();
  await t.close();
});

const failureOf = async (act: Promise<unknown>): Promise<Failure | null> => {
  const thrown: unknown = await act.catch((error: unknown) => error);
  return thrown instanceof Failure ? thrown : null;
};

it("a connection that is lost is service.unavailable, and logged; the next is another", async () => {
  const lost = database.transaction(systemScope, async (tx) => {
    const db = tx.within(systemScope);
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db);
    await owner.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
    for (;;) await sql`select 1`.execute(db);
  });
  expect(await failureOf(lost)).toMatchObject({ code: "service.unavailable" });
  expect(logged).toEqual(["the database cannot be reached"]);
  const next = database.readOnce(systemScope, (tx) => sql`select 1 as one`.execute(tx.within(systemScope)));
  expect((await next).rows).toEqual([{ one: 1 }]);
});

it("a tenant whose own queue is full is refused, and no other tenant is", async () => {
  const { scope } = await t.authenticator.authenticate(t.rootToken);
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const waiting = Array.from({ length: 2100 }, () => failureOf(database.transaction(scope, () => gate)));
  const other = scope.narrowToPod(crypto.randomUUID());
  expect(await failureOf(database.transaction(other, async () => undefined))).toBeNull();
  open();
  const codes = (await Promise.all(waiting)).flatMap((failure) => failure?.code ?? []);
  expect(codes.length).toBeGreaterThan(0);
  expect(codes.length).toBeLessThan(200);
  expect(new Set(codes)).toEqual(new Set(["service.unavailable"]));
});

it("an error of a statement stays what it is", async () => {
  const wrong = database.transaction(systemScope, (tx) => sql`select 1 / 0`.execute(tx.within(systemScope)));
  await expect(wrong).rejects.toThrow("division by zero");
});

it.each([
  ["53100", "service.full"],
  ["58030", "service.full"],
  ["53200", "service.unavailable"],
  ["57014", "service.unavailable"],
  ["40001", "service.unavailable"],
  ["40P01", "service.unavailable"],
  ["25006", "service.unavailable"],
  ["28P01", "service.unavailable"],
  ["42501", "service.unavailable"],
])("what PostgreSQL reports as %s is %s", async (code, failure) => {
  const thrown = database.transaction(systemScope, (tx) =>
    sql`do ${sql.raw(`$$ begin raise exception 'no' using errcode = '${code}'; end $$`)}`.execute(
      tx.within(systemScope),
    ),
  );
  expect(await failureOf(thrown)).toMatchObject({ code: failure });
});

it("a row that row-level security keeps out is an error of ours, and no outage", async () => {
  const { scope } = await t.authenticator.authenticate(t.rootToken);
  const foreign = database.transaction(scope, (tx) =>
    sql`insert into pods (id, organization_id, name, created_at, updated_at)
        values (gen_random_uuid(), gen_random_uuid(), 'foreign', now(), now())`.execute(tx.within(scope)),
  );
  await expect(foreign).rejects.toMatchObject({ code: "42501" });
  expect(await failureOf(foreign)).toBeNull();
});

it("a right that an operator has taken back is an outage", async () => {
  const { scope } = await t.authenticator.authenticate(t.rootToken);
  const read = () => database.transaction(scope, (tx) => sql`select 1 from drafts`.execute(tx.within(scope)));
  await owner.query("revoke select on drafts from rookery_app");
  expect(await failureOf(read())).toMatchObject({ code: "service.unavailable" });
  await owner.query("grant select on drafts to rookery_app");
  await read();
});

it("of an outage a line in ten seconds is logged, which says how many there were", async () => {
  const full = () =>
    database.transaction(systemScope, (tx) =>
      sql`do $$ begin raise exception 'no' using errcode = '53100'; end $$`.execute(tx.within(systemScope)),
    );
  nowMs += 10_000;
  await failureOf(full());
  nowMs += 10_000;
  logged.length = 0;
  for (let time = 0; time < 5; time++)
    expect(await failureOf(full())).toMatchObject({ code: "service.full" });
  expect(logged).toEqual(["the database's disk is full"]);
  nowMs += 10_000;
  await failureOf(full());
  expect(logged.slice(1)).toEqual(["the database's disk is full (4 more since the last such line)"]);
});
