import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { operation } from "../../door/operation.ts";
import { createWebhook } from "../../notify/webhooks/index.ts";
import { createDraft } from "../../transit/drafts/index.ts";
import { sendMessage } from "../../transit/sends/index.ts";
import { createApiKey } from "../api-keys/index.ts";
import { createDomain } from "../domains/index.ts";
import { createInbox } from "../inboxes/index.ts";
import { createPod, deletePods, erasePod, eraseTurn, getPod, suspendPod, unsuspendPod } from "./index.ts";
import { ERASE_BATCH } from "./limits.ts";

const DAY_MS = 24 * 3_600_000;

let t: TestDoor;
let deliver: ReturnType<typeof mailInto>;
beforeAll(async () => {
  t = await openTestDoor();
  deliver = mailInto(t);
});
afterAll(() => t.close());

let count = 0;
async function tenant() {
  const name = `tenant-${++count}`;
  const { id: pod } = await t.run(t.rootToken, createPod, {}, { clientId: name });
  const { address: inbox } = await t.run(t.rootToken, createInbox, { pod }, { username: name });
  const { secret } = await t.run(t.rootToken, createApiKey, { pod }, {});
  const hook = { url: "https://hooks.example.com/", eventTypes: ["message.received"] as const };
  await t.run(t.rootToken, createWebhook, { pod }, { ...hook, podIds: [], inboxIds: [] });
  await t.run(t.rootToken, createDomain, { pod }, { domain: `${name}.example.com` });
  const file = { name: "a.txt", type: "text/plain", content: name };
  await deliver(inbox, { id: `<${name}@x.test>`, file });
  const draft = { attachments: [{ content: "aGk=" }], clientId: name, replyAll: false };
  await t.run(t.rootToken, createDraft, { inbox }, draft);
  await t.run(t.rootToken, sendMessage, { inbox }, { to: [inbox], text: "Hi", idempotencyKey: name });
  return { pod, inbox, secret, name };
}

/** Rows of every table that has a pod's id, by table; audit is kept. */
async function rowsOf(pod: string): Promise<Record<string, number>> {
  return t.behind(async (tx) => {
    const db = tx.within(systemScope);
    const { rows: tables } = await sql<{ name: string }>`
      select c.table_name as name from information_schema.columns c join information_schema.tables using (table_schema, table_name)
      where c.table_schema = 'public' and c.column_name = 'pod_id' and table_type = 'BASE TABLE' and c.table_name <> 'audit'`.execute(
      db,
    );
    const held: Record<string, number> = {};
    for (const { name } of tables) {
      const { rows } = await sql<{
        n: number;
      }>`select count(*)::int as n from ${sql.table(name)} where pod_id = ${pod}`.execute(db);
      if ((rows[0]?.n ?? 0) > 0) held[name] = rows[0]?.n ?? 0;
    }
    const { rows } = await sql`select from pods where id = ${pod}`.execute(db);
    return rows.length === 0 ? held : { ...held, pods: rows.length };
  });
}

const turn = (inDays = 0) =>
  eraseTurn({ door: t.door, database: t.database, now: new Date(Date.now() + inDays * DAY_MS) });

async function turns(inDays = 0): Promise<void> {
  for (let left = 100; left > 0; left--) {
    const { pods, rows } = await turn(inDays);
    if (pods + rows === 0) return;
  }
  throw new Error("it does not end");
}

describe("a pod that is deleted with all that it holds", () => {
  it("is gone with the answer, its keys dead, its addresses and names free; the job leaves no row of it but audit's", async () => {
    const { pod, inbox, secret, name } = await tenant();
    const stays = await tenant();
    const before = await rowsOf(stays.pod);
    expect(Object.keys(await rowsOf(pod))).toEqual(
      expect.arrayContaining([
        "blobs",
        "attachments",
        "drafts",
        "draft_attachments",
        "domains",
        "events",
        "idempotency_keys",
        "webhooks",
      ]),
    );
    await t.run(t.rootToken, erasePod, { pod }, undefined);
    expect((await t.refusal(t.rootToken, getPod, { pod }, undefined)).code).toBe("pod.not_found");
    await expect(t.authenticator.authenticate(secret)).rejects.toMatchObject({ code: "auth.unknown_key" });
    const again = await t.run(t.rootToken, createPod, {}, { clientId: name });
    expect(again.id).not.toBe(pod);
    expect((await t.run(t.rootToken, createInbox, { pod: again.id }, { username: name })).address).toBe(
      inbox,
    );
    await t.run(t.rootToken, createDomain, { pod: again.id }, { domain: `${name}.example.com` });
    await turns();
    expect(await rowsOf(pod)).toEqual({});
    expect(await rowsOf(stays.pod)).toEqual(before);
    const { rows } = await t.behind((tx) =>
      sql<{ operation: string }>`select operation from audit where pod_id = ${pod} order by id`.execute(
        tx.within(systemScope),
      ),
    );
    expect(rows.at(-1)).toEqual({ operation: "pod.erase" });
    const events = await t.behind((tx) =>
      sql`select from events where type = 'pod.deleted' and data ->> 'podId' = ${pod}`.execute(
        tx.within(systemScope),
      ),
    );
    expect(events.rows).toHaveLength(1);
  });

  it("is never the Default Pod, and needs a key of the organization that may delete pods and inboxes", async () => {
    const pod = await t.seed.pod();
    expect((await t.refusal(t.rootToken, erasePod, { pod: t.organizationId }, undefined)).code).toBe(
      "object.conflict",
    );
    for (const permission of ["pod_delete", "inbox_delete"] as const) {
      const { token } = await t.seed.key({}, permission);
      expect((await t.refusal(token, erasePod, { pod }, undefined)).code).toBe("permission.missing");
    }
    const { token } = await t.seed.key({}, "pod_delete", "inbox_delete");
    await t.run(token, erasePod, { pod }, undefined);
  });

  it("is emptied in batches when it is large, each of them bounded, and by whoever comes next", async () => {
    await turns();
    const { pod } = await tenant();
    const rows = 2 * ERASE_BATCH + 10;
    await t.behind((tx) =>
      sql`insert into events (pod_id, id, organization_id, type, data, created_at)
        select ${pod}::uuid, gen_random_uuid(), ${t.organizationId}::uuid, 'message.received', '{}', now()
        from generate_series(1, ${rows}::integer)`.execute(tx.within(systemScope)),
    );
    await t.run(t.rootToken, erasePod, { pod }, undefined);
    const erased = await turn();
    expect(erased.rows).toBeGreaterThanOrEqual(2 * ERASE_BATCH);
    expect(erased.pods).toBe(1);
    expect(await rowsOf(pod)).toEqual({});
    expect(await turn()).toEqual({ pods: 0, rows: 0 });
  });
});

describe("many pods", () => {
  it("are closed with an outcome for each, and deleted together", async () => {
    const made = [await tenant(), await tenant(), await tenant()];
    const ids = made.map(({ pod }) => pod);
    const all = operation({
      name: "test.all",
      needs: ["pod_delete"],
      on: "organization",
      kind: "write",
      run: (context, _input: undefined) => deletePods(context, [...ids, t.organizationId, ids[0] ?? ""]),
    });
    const outcomes = await t.run(t.rootToken, all, {}, undefined);
    expect(outcomes.map((one) => (one.kind === "failed" ? one.failure.code : one.kind))).toEqual([
      ...ids.map(() => "made"),
      "object.conflict",
      "pod.not_found",
    ]);
    expect((await turn()).pods).toBe(ids.length);
    for (const id of ids) expect(await rowsOf(id)).toEqual({});
  });
});

describe("a suspended pod", () => {
  it("is deleted when its grace is over, and not before, and not when it was unsuspended", async () => {
    const [going, staying] = [await tenant(), await tenant()];
    const deleteAfter = new Date(Date.now() + 5 * DAY_MS);
    for (const { pod } of [going, staying]) await t.run(t.rootToken, suspendPod, { pod }, { deleteAfter });
    await t.run(t.rootToken, unsuspendPod, { pod: staying.pod }, undefined);
    await turns(4);
    expect((await t.run(t.rootToken, getPod, { pod: going.pod }, undefined)).deleteAfter).toEqual(
      deleteAfter,
    );
    await t.behind((tx) =>
      sql`update pods set delete_after = now() where id = ${going.pod}`.execute(tx.within(systemScope)),
    );
    await turns(6);
    expect(await rowsOf(going.pod)).toEqual({});
    expect((await t.run(t.rootToken, getPod, { pod: staying.pod }, undefined)).suspendedAt).toBeNull();
    await t.authenticator.authenticate(staying.secret);
    const { rows } = await t.behind((tx) =>
      sql<{
        actor: string;
      }>`select actor from audit where pod_id = ${going.pod} and operation = 'pod.erase'`.execute(
        tx.within(systemScope),
      ),
    );
    expect(rows).toEqual([{ actor: "offboarding" }]);
  });
});
