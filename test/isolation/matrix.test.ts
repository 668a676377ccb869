/**
 * Every route x every foreign thing x every kind of key, generated from the route table: nothing foreign is read,
 * changed, or admitted to exist.
 */
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Route } from "../../src/transport/http/dialect/route.ts";
import { allRoutes, dialects, readRefusal } from "../dialects/index.ts";
import {
  absentThings,
  caseNameOf,
  furnish,
  routeCaseOf,
  routeCases,
  tablesOfThings,
  withChoices,
} from "../nouns/index.ts";
import { type Things, thing } from "../nouns/noun.ts";
import { type TestApp, testApp } from "../support/test-app.ts";
import { insertOrganization } from "./second-organization.ts";

let app: TestApp;
let database: pg.Client;
let own: Things;
let victims: Readonly<Record<string, Things>>;
let foreignRoot: string;

beforeAll(async () => {
  // No workers: between two snapshots things change only by what is sent.
  app = await testApp({ ROOKERY_SERVICES: "http" }, dialects);
  database = new pg.Client({ connectionString: app.databaseUrl, options: "-c role=rookery_worker" });
  await database.connect();
  foreignRoot = await insertOrganization(database);
  own = await furnish(app, "own");
  victims = {
    "another inbox of the pod": await furnish(app, "neighbour", app.rootKey, {
      pod_id: thing(own, "pod_id"),
    }),
    "another pod": await furnish(app, "otherpod"),
    "another organization": await furnish(app, "otherorg", foreignRoot),
  };
});
afterAll(async () => {
  await database.end();
  await app.stop();
});

/** Who tries on whom: a key may reach what its own scope holds, so only what lies outside it is foreign. */
const attempts: readonly (readonly ["inbox_key" | "pod_key" | "root key", string])[] = [
  ["inbox_key", "another inbox of the pod"],
  ["inbox_key", "another pod"],
  ["inbox_key", "another organization"],
  ["pod_key", "another pod"],
  ["pod_key", "another organization"],
  ["root key", "another organization"],
];

const parametersOf = (route: Route): string[] =>
  [...withChoices(route.path).matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "");

/** Each way of naming something foreign: everything of the victim's, or a foreign last part below our own first ones. */
function pathsOf(route: Route, mine: Things, victim: Things): string[] {
  const names = parametersOf(route);
  return names.map((_name, from) => {
    const fill = (name: string, index: number): string =>
      encodeURIComponent(thing(index >= from ? victim : mine, name));
    return names.reduce(
      (path, name, index) => path.replace(`{${name}}`, fill(name, index)),
      withChoices(route.path),
    );
  });
}

const keyOf = (who: (typeof attempts)[number][0]): string =>
  who === "root key" ? app.rootKey : thing(own, who);

/** Everything of a tenant's that could change, as text. */
async function snapshot(): Promise<string> {
  const parts: string[] = [];
  for (const table of tablesOfThings) {
    const { rows } = await database.query(`select row_to_json(t) as row from ${table} t order by t::text`);
    parts.push(...rows.map(({ row }) => JSON.stringify({ ...row, used_at: null })));
  }
  return parts.join("\n");
}

/** The one part of an answer that two requests never share. */
const withoutRequestId = (text: string): string => text.replace(/"request_id":"[^"]*"/, "");

describe("the matrix is whole", () => {
  test("every route has an entry, and every entry a route", () => {
    expect(
      allRoutes.filter((route) => routeCases[caseNameOf(route)] === undefined).map((route) => route.name),
    ).toEqual([]);
    const known = new Set(allRoutes.map(caseNameOf));
    expect(Object.keys(routeCases).filter((name) => !known.has(name))).toEqual([]);
  });
});

for (const [who, whom] of attempts) {
  describe(`${who} on ${whom}`, () => {
    test("every route that names a thing says 404, or 403 before it looks, and changes nothing", async () => {
      const victim = victims[whom];
      if (victim === undefined) throw new Error(whom);
      const before = await snapshot();
      const wrong: string[] = [];
      for (const route of allRoutes) {
        for (const path of new Set(pathsOf(route, own, victim))) {
          const { foreign, body: whole } = routeCaseOf(route);
          const body = (foreign ?? whole)?.(victim);
          const answer = await app.request(route.method.toUpperCase(), path, {
            key: keyOf(who),
            ...(body !== undefined && { body }),
          });
          const { status, code } = readRefusal(path, answer);
          const hidden = status === 404 && code === "not_found";
          // 403 is said of the key alone, before anything is looked up; it is the same for what exists and what does not.
          const refused = status === 403 && ["missing_permission", "forbidden"].includes(code);
          // A foreign Message-ID in a body is left out, not refused (contract 7.7).
          const skipped =
            caseNameOf(route).startsWith("v0 messages.batch") &&
            answer.status === 200 &&
            answer.body["count"] === 0;
          if (!hidden && !refused && !skipped)
            wrong.push(`${route.name} ${path}: ${answer.status} ${answer.text.slice(0, 120)}`);
        }
      }
      expect(wrong).toEqual([]);
      expect(await snapshot()).toBe(before);
    });

    test("a foreign id and an absent one get the same answer", async () => {
      const victim = victims[whom];
      if (victim === undefined) throw new Error(whom);
      for (const route of allRoutes.filter(
        (candidate) => candidate.method === "get" && parametersOf(candidate).length > 0,
      )) {
        const foreign = await app.request("GET", pathsOf(route, own, victim)[0] ?? "", {
          key: keyOf(who),
        });
        const missing = await app.request("GET", pathsOf(route, own, absentThings)[0] ?? "", {
          key: keyOf(who),
        });
        expect({ route: route.name, status: foreign.status, text: withoutRequestId(foreign.text) }).toEqual({
          route: route.name,
          status: missing.status,
          text: withoutRequestId(missing.text),
        });
      }
    });

    test("no list shows anything of theirs", async () => {
      const victim = victims[whom];
      if (victim === undefined) throw new Error(whom);
      const foreign = Object.entries(victim).filter(([name, id]) => id !== own[name]);
      for (const route of allRoutes.filter(
        (candidate) => candidate.method === "get" && parametersOf(candidate).length === 0,
      )) {
        const answer = await app.request("GET", withChoices(route.path), { key: keyOf(who) });
        expect([200, 403, route.refused?.status]).toContain(answer.status);
        for (const [name, id] of foreign)
          expect(answer.text.includes(id), `${route.name} shows ${name}`).toBe(false);
      }
    });
  });
}

describe("row-level security without a WHERE", () => {
  const settings = async (
    client: pg.Client,
    scope: { organization?: string; pod?: string; inbox?: string },
  ): Promise<void> => {
    for (const name of ["organization", "pod", "inbox"] as const)
      await client.query(`set local rookery.${name}_id = '${scope[name] ?? ""}'`);
  };
  /** Tables of tenants' rows, from the catalog. */
  async function tenantTables(): Promise<{ name: string; forced: boolean; of_inboxes: boolean }[]> {
    const { rows } = await database.query(
      `select relname as name, relrowsecurity and relforcerowsecurity as forced, exists (select from pg_attribute
         where attrelid = pg_class.oid and attname = 'inbox_id' and not attisdropped) as of_inboxes
       from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')
         and relname not in ('migrations', 'worker_processes', 'installation', 'inbox_ranks', 'inbox_rank_changes') order by 1`,
    );
    return rows;
  }

  async function asApp(work: (client: pg.Client) => Promise<void>): Promise<void> {
    const client = new pg.Client({ connectionString: app.databaseUrl, options: "-c role=rookery_app" });
    await client.connect();
    try {
      await client.query("begin");
      await work(client);
      await client.query("rollback");
    } finally {
      await client.end();
    }
  }

  test("every table of the schema is forced", async () => {
    expect((await tenantTables()).filter(({ forced }) => !forced)).toEqual([]);
  });

  test("without a scope nothing is visible", async () => {
    const tables = await tenantTables();
    expect(tables.length).toBeGreaterThan(tablesOfThings.length);
    await asApp(async (client) => {
      // Requests have no right to read blobs or their texts: src/domain/mail/blobs/blobs.test.ts.
      for (const { name } of tables.filter((table) => !["blobs", "blob_texts"].includes(table.name)))
        expect((await client.query(`select count(*)::int as n from ${name}`)).rows[0].n, name).toBe(0);
    });
  });

  test("in one inbox's scope, only its own rows are visible, and only they can be changed", async () => {
    const { rows } = await database.query(
      "select organization_id, pod_id, id from inboxes where address = $1",
      [thing(own, "inbox_id")],
    );
    const { organization_id: organization, pod_id: pod, id: inbox } = rows[0];
    await asApp(async (client) => {
      await settings(client, { organization, pod, inbox });
      for (const { name } of (await tenantTables()).filter(({ of_inboxes }) => of_inboxes)) {
        const found = await client.query(`select distinct inbox_id from ${name}`);
        expect([[], [inbox]], name).toContainEqual(found.rows.map((row) => row.inbox_id));
        if (
          ["messages", "threads", "attachments", "api_keys", "webhooks", "events", "addresses"].includes(name)
        )
          expect(found.rows, name).toHaveLength(1);
      }
      expect((await client.query("select id from inboxes")).rows).toEqual([{ id: inbox }]);
      const changed = await client.query("update messages set labels = '{stolen}'");
      // The one to itself, and the two to other servers.
      expect(changed.rowCount).toBe(3);
      await expect(client.query("update messages set pod_id = gen_random_uuid()")).rejects.toThrow(
        /row-level security/,
      );
    });
  });

  test("in one inbox's scope, an event can be emitted about it and about nothing else", async () => {
    const columns = "organization_id as organization, pod_id as pod, id as inbox";
    const found = await database.query(`select ${columns} from inboxes where address = $1`, [
      thing(own, "inbox_id"),
    ]);
    const mine = found.rows[0];
    const foreign = await database.query(
      `select ${columns} from inboxes where organization_id = $1 and pod_id <> $2 limit 1`,
      [mine.organization, mine.pod],
    );
    const theirs = foreign.rows[0];
    const emit = (client: pg.Client, about: Record<string, string>) =>
      client.query("select rookery_emit($1)", [
        JSON.stringify([
          {
            id: crypto.randomUUID(),
            organizationId: about["organization"],
            podId: about["pod"],
            inboxId: about["inbox"],
            type: "message.sent",
            messageUuid: null,
            data: {},
            at: new Date(),
          },
        ]),
      ]);
    await asApp(async (client) => {
      await settings(client, mine);
      await emit(client, mine);
    });
    for (const [scope, about] of [
      [mine, theirs],
      [mine, { ...mine, inbox: theirs.inbox }],
      [mine, { ...mine, pod: theirs.pod }],
      [{}, mine],
    ])
      await asApp(async (client) => {
        await settings(client, scope);
        await expect(emit(client, about)).rejects.toThrow("an event outside the scope");
      });
  });

  test("requests and workers have no say in which migrations ran", async () => {
    const { rows } = await database.query(
      "select grantee, privilege_type from information_schema.role_table_grants where table_name = 'migrations' and grantee like 'rookery_%' and grantee <> current_user",
    );
    expect(rows.filter(({ grantee }) => ["rookery_app", "rookery_worker"].includes(grantee))).toEqual([]);
  });

  test("requests cannot read what the installation knows of its own secrets", async () => {
    const { rows } = await database.query(
      "select has_table_privilege('rookery_app', 'installation', 'select, insert, update, delete') as may",
    );
    expect(rows).toEqual([{ may: false }]);
  });

  test("the request role owns nothing and cannot bypass row-level security", async () => {
    const { rows } = await database.query(
      "select rolbypassrls, rolsuper, (select count(*)::int from pg_class where relowner = r.oid) as owned from pg_roles r where rolname = 'rookery_app'",
    );
    expect(rows).toEqual([{ rolbypassrls: false, rolsuper: false, owned: 0 }]);
  });
});
