/** Operations that read what they answer with, and not as much as there is beside it. */
import pg from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { getAccount } from "../../src/domain/fleet/accounts/index.ts";
import { createListEntry, listListEntries } from "../../src/domain/guardrails/lists/index.ts";
import { createSuppression } from "../../src/domain/guardrails/suppressions/index.ts";
import { listApiKeys } from "../../src/domain/tenancy/api-keys/index.ts";
import { getOrganization } from "../../src/domain/tenancy/organizations/index.ts";
import { createDraft } from "../../src/domain/transit/drafts/index.ts";
import { queryUsage } from "../../src/domain/transit/metrics/index.ts";
import { getQueue, listDeliveries } from "../../src/domain/transit/outbound/index.ts";
import { eventually } from "../support/eventually.ts";
import { rowsRead } from "../support/rows-read.ts";
import { openTestDoor, type TestDoor } from "../support/test-door.ts";

const MANY = 3000;
/** Of what a page of ten, or a look at a few rows, reads. */
const FEW = 100;
const page = { size: 10, after: null, ascending: true };

let t: TestDoor;
let db: pg.Client;
let pod: string;
let inbox: string;
let inboxId: string;

/** Adds MANY rows to the pod: `n` counts them. */
async function fill(table: string, columns: Readonly<Record<string, string>>): Promise<void> {
  await db.query(
    `insert into ${table} (organization_id, pod_id, ${Object.keys(columns)}) select $1::uuid, $2::uuid, ${Object.values(columns)}
     from generate_series(1, ${MANY}) as n, (select $3::uuid as inbox) as one`,
    [t.organizationId, pod, inboxId],
  );
}

/** What a pod and its inbox have of mail that is sent, and what is known of it. */
async function fillMail(): Promise<void> {
  await fill("list_entries", {
    id: "gen_random_uuid()",
    direction: "'send'",
    list_type: "'block'",
    created_at: "now()",
    cause: "'bounce'",
    entry: "'r' || n || '@away.test'",
  });
  await fill("usage_history", {
    inbox_id: "inbox",
    at: "now() - n * interval '1 minute'",
    bytes: "n",
    messages: "n",
    threads: "n",
  });
  await fill("outbound_deliveries", {
    id: "gen_random_uuid()",
    inbox_id: "inbox",
    message_uuid: "gen_random_uuid()",
    state: "'delivered'",
    domain: "'away.test'",
    recipients: "'{r@away.test}'",
    created_at: "now()",
    updated_at: "now()",
    expires_at: "now()",
  });
}

/** What else an organization has. */
async function fillTenancy(): Promise<void> {
  await fill("api_keys", {
    id: "gen_random_uuid()",
    inbox_id: "inbox",
    name: "'key'",
    prefix: "'am_us_'",
    secret_sha256: "sha256(n::text::bytea)",
    created_at: "now()",
    updated_at: "now()",
  });
  await fill("inboxes", {
    id: "gen_random_uuid()",
    address: "n || '@rookery.localhost'",
    created_at: "now()",
    updated_at: "now()",
  });
  await fill("domains", {
    id: "gen_random_uuid()",
    domain: "'d' || n || '.test'",
    status: "'PENDING'",
    feedback_enabled: "true",
    subdomains_enabled: "false",
    tracking_enabled: "false",
    created_at: "now()",
    updated_at: "now()",
  });
  await fill("drafts", {
    ...{
      id: "gen_random_uuid()",
      inbox_id: "inbox",
      kind: "'new'",
      attachment_count: "0",
      size: "1",
      attempts: "0",
    },
    ...{ created_at: "now()", updated_at: "now()", labels: "'{}'", '"references"': "'{}'", reply_to: "'{}'" },
    ...{ '"to"': "'{}'", cc: "'{}'", bcc: "'{}'" },
  });
  await fill("webhooks", {
    ...{
      id: "gen_random_uuid()",
      url: "'https://away.test'",
      event_types: "'{}'",
      pod_ids: "'{}'",
      inbox_ids: "'{}'",
    },
    ...{
      secret_sealed: "''",
      enabled: "true",
      failing_since: "now() - interval '1 day'",
      created_at: "now()",
      updated_at: "now()",
    },
  });
  // Of another pod.
  await db.query("update webhooks set pod_id = $1", [t.organizationId]);
}

beforeAll(async () => {
  t = await openTestDoor();
  pod = await t.seed.pod();
  ({ address: inbox, id: inboxId } = await t.seed.inbox(pod));
  db = new pg.Client(t.engine.connection);
  await db.connect();
  await db.query("set role rookery_worker");
  await fillMail();
  await fillTenancy();
  await db.query("select rookery_rank_inboxes($1, 100)", [t.organizationId]);
  await db.query("reset role");
  // An index alone is enough for rows that all may see: not while somebody else looks at the table, as an ANALYZE does.
  await eventually("all rows are seen by all", async () => {
    await db.query("vacuum analyze");
    const { rows } = await db.query<{ relname: string }>(
      "select relname from pg_class where relname in ('list_entries', 'domains', 'drafts') and relallvisible < relpages",
    );
    return rows.length === 0;
  });
});
afterAll(async () => {
  await db.end();
  await t.close();
});

it("a page of a pod's list, beside all that is suppressed there", async () => {
  const list = { direction: "send", listType: "block", page } as const;
  expect(await rowsRead(t, "list_entries", listListEntries, { pod }, list)).toBeLessThan(FEW);
  const backwards = { ...list, page: { ...page, ascending: false } };
  expect(await rowsRead(t, "list_entries", listListEntries, { pod }, backwards)).toBeLessThan(FEW);
});

it("an entry that is added to it", async () => {
  const entry = { direction: "send", listType: "block", entry: "own@away.test" } as const;
  expect(await rowsRead(t, "list_entries", createListEntry, { pod }, entry)).toBeLessThan(FEW);
});

it("an address that is suppressed, beside all others", async () => {
  const asked = { address: "one@away.test" };
  expect(await rowsRead(t, "list_entries", createSuppression, { pod }, asked)).toBeLessThan(FEW);
});

it("a draft, beside all that its inbox has", async () => {
  const asked = { to: ["a@away.test"], replyAll: false };
  expect(await rowsRead(t, "drafts", createDraft, { inbox }, asked)).toBeLessThan(FEW);
});

it("the health of one account, beside all endpoints that fail", async () => {
  expect(await rowsRead(t, "webhooks", getAccount, { inbox }, undefined)).toBeLessThan(FEW);
});

it("public keys, beside all others", async () => {
  const asked = { page, exact: false, type: "public_key" } as const;
  expect(await rowsRead(t, "api_keys", listApiKeys, {}, asked)).toBeLessThan(FEW);
});

it("the organization, with how much it holds", async () => {
  expect(await rowsRead(t, "inboxes", getOrganization, {}, undefined)).toBeLessThan(FEW);
  expect(await rowsRead(t, "domains", getOrganization, {}, undefined)).toBeLessThan(FEW);
  const held = async () => (await t.run(t.rootToken, getOrganization, {}, undefined)).inboxCount;
  expect(await held()).toBe(MANY + 1);
  await t.seed.inbox(pod);
  expect(await held()).toBe(MANY + 2);
});

it("what a pod held, beside what each of its inboxes did", async () => {
  expect(await rowsRead(t, "usage_history", queryUsage, { pod }, {})).toBeLessThan(FEW);
});

it.each([
  ["the organization", "none"],
  ["a pod", "pod"],
  ["an inbox", "inbox"],
])("deliveries of %s to a domain that has none", async (_, level) => {
  const at = level === "none" ? {} : level === "pod" ? { pod } : { inbox };
  const asked = { page, domain: "elsewhere.test" };
  expect(await rowsRead(t, "outbound_deliveries", listDeliveries, at, asked)).toBeLessThan(
    level === "none" ? MANY + FEW : FEW,
  );
});

it("what waits in the queue, once", async () => {
  await db.query(
    "update outbound_deliveries set state = 'deferred', domain = 'd' || hashtext(id::text) % 50 || '.test'",
  );
  expect(await rowsRead(t, "outbound_deliveries", getQueue, { pod }, undefined)).toBeLessThan(MANY + FEW);
});

/** Rows behind which a page of this test ends, at the end of a step. */
const ENDS_AFTER = 1000;

it("a page of mail in which a text stands ends where enough was read, and the next one begins there", async () => {
  await db.query("set role rookery_worker");
  await fill("threads", {
    id: "gen_random_uuid()",
    inbox_id: "inbox",
    labels: "'{}'",
    subject: "case when n % 1000 = 500 then 'A Rare one' else 'common' end",
    senders: "'{}'",
    recipients: "'{}'",
    message_count: "1",
    size: "1",
    last_message_id: "n::text",
    timestamp: "now() - n * interval '1 minute'",
    created_at: "now()",
    updated_at: "now()",
  });
  await db.query("reset role");
  const found: number[] = [];
  let [place, placeId]: [Date | null, string | null] = [null, null];
  do {
    await db.query("begin");
    await db.query("set local role rookery_app");
    await db.query(`set local rookery.organization_id = '${t.organizationId}'`);
    const answer: pg.QueryResult<{ found: number; at: Date | null; id: string | null }> = await db.query(
      `select cardinality(ids) as found, ended_at as at, ended_id as id
       from rookery_rows_containing('threads', $1, null, '{}', '{spam}', null, null, $2, $3, false, '{}', '{}', '{%rare%}', 10, ${ENDS_AFTER})`,
      [pod, place, placeId],
    );
    await db.query("commit");
    const [row] = answer.rows;
    if (row === undefined) throw new Error("no answer");
    found.push(row.found);
    [place, placeId] = [row.at, row.id];
  } while (place !== null);
  expect(found.reduce((sum, one) => sum + one)).toBe(3);
  expect(found.length).toBeGreaterThan(1);
});

/** People of each thread, and texts that are looked for in them: 30,000 comparisons a thread. */
const [PEOPLE, TEXTS] = [300, 100];

it("a page ends as well where its rows take long, and the next one begins there", async () => {
  await db.query("set role rookery_worker");
  await db.query(
    `update threads set recipients = (select array_agg('x' || n || '@y.test') from generate_series(1, ${PEOPLE}) as n)`,
  );
  await db.query("reset role");
  await db.query("begin");
  await db.query("set local role rookery_app");
  await db.query(`set local rookery.organization_id = '${t.organizationId}'`);
  const { rows } = await db.query(
    `select cardinality(ids) as found, ended_at is not null as has_more from rookery_rows_containing('threads', $1, null, '{}', '{spam}', null, null,
       null, null, false, '{}', array_fill('%x${PEOPLE}@%'::text, array[${TEXTS - 1}]) || '{%nothing%}'::text[], '{}', 10, ${MANY * 10})`,
    [pod],
  );
  await db.query("commit");
  expect(rows).toEqual([{ found: 0, has_more: true }]);
});
