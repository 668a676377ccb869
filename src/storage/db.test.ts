import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDatabase, dropOtherConnections, type TestDatabase } from "../../test/support/database.ts";
import { COMMITTED, openDatabaseLine } from "../../test/support/database-line.ts";
import { eventually } from "../../test/support/eventually.ts";
import { systemScope } from "../domain/door/access/index.ts";
import { mintScope } from "../domain/door/access/scope.ts";
import type { Work } from "../lib/loop-turns.ts";
import { ConnectionLost } from "./connection-loss.ts";
import type { LoopOwners } from "./connections.ts";
import { type Database, insertion, openDatabase, type Tx } from "./db.ts";
import { openExternal } from "./engines/external.ts";

let test: TestDatabase;
let database: Database;
let notes = 1;

beforeAll(async () => {
  test = await createDatabase();
  // One connection, so that whatever a transaction leaves behind meets the next one.
  database = openDatabase(await openExternal(test.url), 1);
});
afterAll(async () => {
  await database.close();
  await test.drop();
});

/** A row of a table without tenants, with a number of its own. */
function note(tx: Tx, id: string, startedAt = "now()"): Promise<unknown> {
  return sql`insert into worker_processes (id, lock_key, worker_ids, started_at)
    values (${id}, ${notes++}, '{}', ${startedAt}::text::timestamptz)`.execute(tx.within(systemScope));
}

/** Of a connection that then is gone. */
async function killBackend(pid: number): Promise<void> {
  const client = new pg.Client({ connectionString: test.url });
  await client.connect();
  await client.query("select pg_terminate_backend($1)", [pid]);
  await client.end();
}

const isThere = (id: string): Promise<boolean> =>
  database.readOnce(systemScope, async (tx) => {
    const query = tx.within(systemScope).selectFrom("worker_processes").where("id", "=", id).select("id");
    return (await query.execute()).length === 1;
  });

it("statements that are started together run in the order in which they were started", async () => {
  const id = randomUUID();
  const rows = await database.transaction(systemScope, async (tx) => {
    const db = tx.within(systemScope);
    const [, , seen] = await Promise.all([
      note(tx, id),
      sql`update worker_processes set lock_key = lock_key + 1000000 where id = ${id}`.execute(db),
      db.selectFrom("worker_processes").where("id", "=", id).select("lock_key").execute(),
    ]);
    return seen;
  });
  expect(rows.map((row) => Number(row.lock_key) > 1_000_000)).toEqual([true]);
});

it("statements are not compiled, however expensive the server takes them to be and whatever it does for others", async () => {
  const { rows } = await database.readOnce(systemScope, (tx) =>
    sql<{ jit: string }>`select current_setting('jit') as jit`.execute(tx.within(systemScope)),
  );
  expect(rows).toEqual([{ jit: "off" }]);
});

it("connections that are kept are opened ahead, and are free then", async () => {
  const pooled = openDatabase(await openExternal(test.url), 4, { kept: 3 });
  try {
    await pooled.fill(["pods", "messages"]);
    expect(pooled.pools()).toMatchObject([
      { role: "rookery_app", open: 3, idle: 3 },
      { role: "rookery_worker", open: 3, idle: 3 },
    ]);
  } finally {
    await pooled.close();
  }
});

it("answers are read in the name of the work that took the connection, and behind others' when its tenant is ahead", async () => {
  const work = {} as Work;
  let [resumed, held] = [0, 0];
  const loop: LoopOwners = {
    current: () => work,
    resume: (whose) => void (whose === work && resumed++),
    isAhead: () => true,
    yields: () => held++ < 3,
  };
  const pooled = openDatabase(await openExternal(test.url), 1, { loop });
  try {
    const answer = await pooled.readOnce(systemScope, (tx) =>
      sql<{ one: number }>`select 1 as one`.execute(tx.within(systemScope)),
    );
    expect(answer.rows).toEqual([{ one: 1 }]);
    expect(resumed).toBeGreaterThan(1);
    // One that the loop comes to late is not held up any more.
    await eventually("an answer is held up", async () => {
      await pooled.readOnce(systemScope, (tx) => sql`select 1`.execute(tx.within(systemScope)));
      return held > 0;
    });
  } finally {
    await pooled.close();
  }
});

it("a long result is parsed over many turns of the event loop", async () => {
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns++;
    if (!isOver) setImmediate(count);
  };
  const [rowCount, rowBytes] = [20_000, 1000];
  setImmediate(count);
  const rows = await database.readOnce(systemScope, async (tx) => {
    const { rows } = await sql<{ text: string }>`
      select repeat('x', ${rowBytes}::integer) as text from generate_series(1, ${rowCount}::integer)`.execute(
      tx.within(systemScope),
    );
    return rows;
  });
  isOver = true;
  expect(rows.every(({ text }) => text.length === rowBytes)).toBe(true);
  // A turn has one read of the socket, and one that was buffered: 128 KB.
  expect(turns).toBeGreaterThan((rowCount * rowBytes) / (128 * 1024));
});

it("a transaction that throws leaves nothing, and the connection serves the next", async () => {
  const id = randomUUID();
  const thrown = database.transaction(systemScope, async (tx) => {
    await note(tx, id);
    throw new Error("changed my mind");
  });
  await expect(thrown).rejects.toThrow("changed my mind");
  expect(await isThere(id)).toBe(false);
});

it("a failing statement takes those beside it along, and its own error is the one that is thrown", async () => {
  const [before, after] = [randomUUID(), randomUUID()];
  const thrown = database.transaction(systemScope, (tx) =>
    Promise.all([note(tx, before), note(tx, randomUUID(), "no date"), note(tx, after)]),
  );
  await expect(thrown).rejects.toThrow(/no date/);
  expect([await isThere(before), await isThere(after)]).toEqual([false, false]);
});

it("an error is the one that is thrown, though that of a statement behind it is noticed first", async () => {
  const failing = database.transaction(systemScope, async (tx) => {
    let first = note(tx, randomUUID(), "no date");
    // Nested calls: each takes its turn to pass the error on.
    for (let depth = 0; depth < 20; depth++) first = first.finally(() => undefined);
    tx.beforeCommit(first, note(tx, randomUUID()));
  });
  await expect(failing).rejects.toMatchObject({ code: "22007" });
});

it("statements before commit are committed with the rest, or fail all of it", async () => {
  const [kept, lost] = [randomUUID(), randomUUID()];
  await database.transaction(systemScope, async (tx) => tx.beforeCommit(note(tx, kept)));
  expect(await isThere(kept)).toBe(true);
  const thrown = database.transaction(systemScope, async (tx) => {
    await note(tx, lost);
    tx.beforeCommit(note(tx, randomUUID(), "no date"), note(tx, randomUUID()));
  });
  await expect(thrown).rejects.toThrow(/no date/);
  expect(await isThere(lost)).toBe(false);
});

it("a straggler of a failed transaction writes nothing, neither outside it nor inside the next", async () => {
  const late = randomUUID();
  const { promise: failed, resolve: goOn } = Promise.withResolvers<void>();
  let straggler: Promise<unknown> = Promise.resolve();
  const thrown = database.transaction(systemScope, (tx) => {
    const db = tx.within(systemScope);
    straggler = failed.then(() => db.deleteFrom("worker_processes").execute());
    return Promise.all([note(tx, randomUUID(), "no date"), failed.then(() => note(tx, late))]);
  });
  await expect(thrown).rejects.toThrow(/no date/);
  const next = database.transaction(systemScope, async (tx) => {
    await note(tx, randomUUID());
    goOn();
    await expect(straggler).rejects.toThrow("the transaction is over");
  });
  await next;
  expect(await isThere(late)).toBe(false);
});

it("an error that was swallowed cannot pass for a commit", async () => {
  const id = randomUUID();
  const committed = database.transaction(systemScope, async (tx) => {
    await note(tx, id);
    await note(tx, randomUUID(), "no date").catch(() => undefined);
  });
  await expect(committed).rejects.toThrow(/swallowed/);
  expect(await isThere(id)).toBe(false);
});

describe("a transaction that only reads", () => {
  const read = { isReadOnly: true };

  it("is refused every write, and fails with an error that was swallowed", async () => {
    const written = database.transaction(systemScope, (tx) => note(tx, randomUUID()), read);
    await expect(written).rejects.toThrow(/read-only transaction/);
    const swallowed = database.transaction(
      systemScope,
      async (tx) => void (await note(tx, randomUUID()).catch(() => undefined)),
      read,
    );
    await expect(swallowed).rejects.toThrow(/swallowed/);
  });

  it("is over without the answer to its COMMIT, and hinders nobody for long when there is none", async () => {
    const line = await openDatabaseLine(test.url);
    const behind = openDatabase(await openExternal(line.url), 1);
    const ids = (tx: Tx) => tx.within(systemScope).selectFrom("worker_processes").select("id").execute();
    const count = async (): Promise<number> => (await behind.transaction(systemScope, ids, read)).length;
    let commits = 0;
    line.cutAnswers(COMMITTED, () => ++commits === 2);
    const before = await count();
    await eventually("COMMIT has left by itself", async () => commits === 1);
    expect(await count()).toBe(before);
    await eventually("the answer is cut", async () => line.cuts() === 1);
    // Until the driver hears that the connection has ended, whoever gets it finds out.
    await eventually("another connection", async () => (await count().catch(() => null)) === before);
    await behind.close();
    await line.end();
  });

  it("fails with what it looked at before commit", async () => {
    const refused = database.transaction(
      systemScope,
      async (tx) => tx.beforeCommit(Promise.reject(new Error("not so"))),
      read,
    );
    await expect(refused).rejects.toThrow("not so");
  });
});

it("a connection that dies in the middle of a transaction fails that transaction and no other", async () => {
  const thrown = database.transaction(systemScope, async (tx) => {
    const other = new pg.Client({ connectionString: test.url });
    await other.connect();
    await dropOtherConnections(other);
    await other.end();
    await note(tx, randomUUID());
  });
  await expect(thrown).rejects.toThrow();
  const id = randomUUID();
  await database.transaction(systemScope, (tx) => note(tx, id));
  expect(await isThere(id)).toBe(true);
});

it("the loss of a connection is reported as such", async () => {
  const work = database.transaction(systemScope, async (tx) => {
    const db = tx.within(systemScope);
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db);
    await Promise.all([sql`select pg_sleep(10)`.execute(db), killBackend(rows[0]?.pid ?? 0)]);
  });
  await expect(work).rejects.toBeInstanceOf(ConnectionLost);
  // What is sent on it from now on is lost as well, without another error event.
  const later = database.transaction(systemScope, async (tx) => {
    const db = tx.within(systemScope);
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db);
    await killBackend(rows[0]?.pid ?? 0);
    for (;;) await sql`select 1`.execute(db);
  });
  await expect(later).rejects.toBeInstanceOf(ConnectionLost);
  expect(await isThere(randomUUID())).toBe(false);
});

it("a value that cannot be sent is an error of ours and no loss, and the connection serves the next", async () => {
  const circular: { self?: unknown } = {};
  circular.self = circular;
  const write = (value: unknown): Promise<unknown> =>
    database.transaction(systemScope, async (tx) => {
      await sql`select ${value}::text`.execute(tx.within(systemScope));
    });
  const error = await write(circular).catch((failure: unknown) => failure);
  expect(error).toBeInstanceOf(Error);
  expect(error).not.toBeInstanceOf(ConnectionLost);
  const unsendable = {
    toPostgres: () => {
      throw new TypeError("no value");
    },
  };
  await expect(write(unsendable)).rejects.toThrow(TypeError);
  expect(await isThere(randomUUID())).toBe(false);
});

it("any number of different statements runs, though only a bounded number stay prepared", async () => {
  const answers = await database.transaction(systemScope, async (tx) => {
    const db = tx.within(systemScope);
    const asked = Array.from({ length: 600 }, (_, index) =>
      sql<{ sum: number }>`select ${index}::integer + ${sql.lit(index)} as sum`.execute(db),
    );
    return Promise.all(asked);
  });
  expect(answers.map(({ rows }) => rows[0]?.sum)).toEqual(answers.map((_, index) => index * 2));
});

it("rows are written on while a newer version adds a column to their table", async () => {
  const write = (id: string): Promise<unknown> => {
    const row = { id, lock_key: notes++, worker_ids: ["a", 'b"'], started_at: new Date() };
    return database.transaction(systemScope, (tx) =>
      insertion("worker_processes", [row]).execute(tx.within(systemScope)),
    );
  };
  const [before, after] = [randomUUID(), randomUUID()];
  await write(before);
  const owner = new pg.Client({ connectionString: test.url });
  await owner.connect();
  await owner.query("alter table worker_processes add column added text not null default 'x'");
  await owner.end();
  await write(after);
  expect([await isThere(before), await isThere(after)]).toEqual([true, true]);
});

it("many rows are written as few are, whatever they have in common", async () => {
  const startedAt = new Date("2026-01-02T03:04:05.678Z");
  const both = ["a", 'b"'];
  const rows = Array.from({ length: 40 }, (_, index) => ({
    id: randomUUID(),
    lock_key: notes++,
    worker_ids: index === 7 ? [] : both,
    started_at: startedAt,
  }));
  const found = await database.transaction(systemScope, async (tx) => {
    const db = tx.within(systemScope);
    await insertion("worker_processes", rows).execute(db);
    return db
      .selectFrom("worker_processes")
      .where(
        "id",
        "in",
        rows.map(({ id }) => id),
      )
      .select(["id", "lock_key", "worker_ids", "started_at"])
      .orderBy("lock_key")
      .execute();
  });
  expect(found.map((row) => ({ ...row, lock_key: Number(row.lock_key) }))).toEqual(rows);
});

const organization = "0190a000-0000-7000-8000-00000000000a";
const pod = "0190a000-0000-7000-8000-00000000000B";
const inbox = "0190a000-0000-7000-8000-00000000000c";

/** What row-level security is set to: the text of each setting, or null. */
const setTo = async (tx: Tx): Promise<(string | null)[]> => {
  const names = ["organization_id", "pod_id", "inbox_id"].map(
    (name) => sql`current_setting(${`rookery.${name}`}, true)`,
  );
  const { rows } = await sql<{ set: (string | null)[] }>`select array[${sql.join(names)}] as set`.execute(
    tx.within(systemScope),
  );
  return rows[0]?.set ?? [];
};

it("a scope is set in lower case, narrows, and is gone with its transaction", async () => {
  const seen = await database.transaction(mintScope(organization, null, null), async (tx) => {
    const before = await setTo(tx);
    await tx.narrow(mintScope(organization, pod, inbox));
    return [before, await setTo(tx)];
  });
  expect(seen[0]?.map((value) => value ?? "")).toEqual([organization, "", ""]);
  expect(seen[1]).toEqual([organization, pod.toLowerCase(), inbox]);
  const thrown = database.transaction(mintScope(organization, pod, null), async () => {
    throw new Error("changed my mind");
  });
  await expect(thrown).rejects.toThrow("changed my mind");
  const after = await database.transaction(mintScope(organization, null, null), setTo);
  expect(after).toEqual([organization, "", ""]);
});

it("what is no UUID is in no scope: nothing of it reaches the database", async () => {
  for (const text of ["", "'; reset role; --", `${organization}'`, `${organization}\n`, "%", "null"])
    for (const scope of [() => mintScope(text, null, null), () => mintScope(organization, text, null)]) {
      let ran = false;
      const tried = database.transaction(scope(), async (tx) => {
        ran = (await setTo(tx)).includes(text);
      });
      // An empty one narrows nothing, and an organization's makes nothing visible.
      if (text === "") await tried;
      else await expect(tried).rejects.toThrow("must be a UUID");
      expect(ran && text !== "").toBe(false);
    }
  const narrowed = database.transaction(mintScope(organization, null, null), (tx) =>
    tx.narrow(mintScope(organization, "'; reset role; --", null)),
  );
  await expect(narrowed).rejects.toThrow("must be a UUID");
  expect(await isThere(randomUUID())).toBe(false);
});
