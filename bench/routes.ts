/**
 * Every GET route of both dialects beside a hundred thousand inboxes, a million messages and all else that installations hold: what PostgreSQL spends on a request,
 * the slowest first, each with its slowest statement. Asked of the first inbox and its pod, which hold much, and of others; with each query parameter, and far down.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import type { Figures } from "./report.ts";
import { fillForRoutes } from "./routes-data.ts";
import { fillForSearch, INBOXES } from "./search-data.ts";
import { type ServerProcess, startServer } from "./server.ts";

const [REQUESTS, SHOWN] = [3, 40];
const [SHOWN_QUERY, SHOWN_STATEMENT] = [60, 200];
const [PAGES_DOWN, IDLE_MS] = [5, 5000];
/** These answer with all there is, in lines or in an archive. */
const WHOLE = ["/export", "/fleet/status", "/fleet/document"];
const DAY_MS = 86_400_000;

/** What each query parameter is asked with, where its name says enough. */
const values: Readonly<Record<string, readonly string[]>> = {
  limit: ["1000"],
  ascending: ["true"],
  labels: ["received", "urgent", "received,urgent", "nothing"],
  ...Object.fromEntries(
    ["spam", "blocked", "unauthenticated", "trash"].map((label) => [`include_${label}`, ["true"]]),
  ),
  from: ["a7@outside.test", "nobody"],
  to: ["b@outside.test", "nobody"],
  subject: ["Subject 77", "nothing"],
  senders: ["a@outside.test", "nobody"],
  recipients: ["b@outside.test", "nobody"],
  q: [
    "w1x",
    "w9000x",
    "w1x w2x w3x",
    '"w1x w2x"',
    "w1x -w2x",
    "w1* OR w40000x",
    "nothing",
    "agent",
    "age 500",
  ],
  sort: ["relevance", "timestamp"],
  type: ["bearer", "public_key"],
  state: ["deferred", "bounced", "failed", "queued", "captured"],
  domain: ["d7.test", "nowhere.test"],
  event_types: ["message.received", "domain.verified"],
  period: ["3600", "86400"],
  window: ["2592000"],
  descending: ["true"],
  usage_types: ["storage_bytes", "pod_count"],
  rate_types: ["bounce"],
  offset: ["5000", "90000"],
  sort_by: ["updated_at"],
  order_by: ["asc"],
  email: ["agent-777@rookery.localhost", "nobody@rookery.localhost"],
  grant_status: ["valid", "invalid"],
};
/** What a route must be asked with. */
const REQUIRED: Readonly<Record<string, string>> = { q: "w9000x" };

const daysAgo = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString();

function valuesOf(path: string, name: string): readonly string[] {
  const isUnix = path.startsWith("/v3");
  if (name === "start") return [daysAgo(27)];
  if (name === "end") return [daysAgo(10)];
  const moments = name === "before" || name === "after" || name === "since" ? [1, 20, 200].map(daysAgo) : [];
  return isUnix
    ? [...moments.map((at) => `${Math.floor(Date.parse(at) / 1000)}`), ...(values[name] ?? [])]
    : [...moments, ...(values[name] ?? [])];
}

interface Documented {
  readonly paths: Readonly<Record<string, { readonly get?: { readonly parameters?: readonly Parameter[] } }>>;
}
interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
}

/** Ids for the parameters of paths, of an inbox that is asked for. */
type Things = Readonly<Record<string, string>>;

const CHOICES: Things = { direction: "send", type: "block", provider: "nylas" };

class Asker {
  readonly #server: ServerProcess;
  readonly #key: string;
  /** @param key that asks; what it reaches is its answer's scope */
  constructor(server: ServerProcess, key: string) {
    this.#server = server;
    this.#key = key;
  }

  /** @returns the answer, undefined where it is none of JSON, and null where it is refused */
  async get(path: string): Promise<Record<string, unknown> | undefined | null> {
    const answer = await fetch(`${this.#server.baseUrl}${path}`, {
      headers: { authorization: `Bearer ${this.#key}` },
      redirect: "manual",
    });
    const text = await answer.text();
    if (answer.status >= 400) return null;
    const isJson = answer.headers.get("content-type")?.startsWith("application/json") === true;
    // Cast: an object, in the API's own contract.
    return isJson && text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : undefined;
  }
}

/** @returns the path with what it names; undefined where there is nothing of the kind */
async function named(asker: Asker, path: string, things: Things): Promise<string | undefined> {
  let done = "";
  for (const part of path.split("/").slice(1)) {
    const parameter = /^\{(.*)\}$/.exec(part)?.[1];
    const id =
      parameter === undefined
        ? part
        : (things[parameter] ?? CHOICES[parameter] ?? (await firstOf(asker, done, parameter)));
    if (id === undefined) return undefined;
    done += `/${parameter === undefined ? id : encodeURIComponent(id)}`;
  }
  return done;
}

/** The id of the first thing that a list gives. */
async function firstOf(asker: Asker, list: string, parameter: string): Promise<string | undefined> {
  const answer = await asker.get(list);
  for (const found of Object.values(answer ?? {})) {
    const first: unknown = Array.isArray(found) ? found[0] : undefined;
    if (typeof first !== "object" || first === null) continue;
    const id = Object.entries(first).find(
      ([name]) => name === parameter || name === "id" || name === parameter.replace(/_address$/, ""),
    )?.[1];
    if (typeof id === "string") return id;
  }
  return undefined;
}

/** @returns queries by which a route is asked */
async function queriesOf(asker: Asker, path: string, parameters: readonly Parameter[]): Promise<string[]> {
  const asked = parameters.filter((parameter) => parameter.in === "query");
  const base = asked
    .filter(({ required }) => required)
    .map(({ name }): [string, string] => [name, REQUIRED[name] ?? ""]);
  const query = (more: readonly [string, string][]): string =>
    new URLSearchParams([
      ...base.filter(([name]) => !more.some(([other]) => other === name)),
      ...more,
    ]).toString();
  const queries = [
    query([]),
    ...asked.flatMap(({ name }) => valuesOf(path, name).map((value) => query([[name, value]]))),
  ];
  if (!asked.some(({ name }) => name === "page_token")) return queries;
  const deep = await tokenFarDown(asker, `${path}?${query([["limit", "100"]])}`);
  return deep === undefined ? queries : [...queries, query([["page_token", deep]])];
}

async function tokenFarDown(asker: Asker, list: string): Promise<string | undefined> {
  let token: string | undefined;
  for (let page = 0; page < PAGES_DOWN; page++) {
    const answer = await asker.get(
      list + (token === undefined ? "" : `&page_token=${encodeURIComponent(token)}`),
    );
    const next = answer?.["next_page_token"] ?? answer?.["next_cursor"];
    if (typeof next !== "string") return token;
    token = next;
  }
  return token;
}

interface Bench {
  readonly statistics: pg.Client;
  /** Ids of statements that are none of requests'. */
  readonly idle: readonly string[];
}

interface Cost {
  readonly what: string;
  readonly ms: number;
  /** Pages of 8 KB that it looked at: the same on a busy machine. */
  readonly pages: number;
  readonly slowest: string;
}

/** Statements of a server that nobody asks anything, for so long: its looks for what is due. */
async function idleStatements(statistics: pg.Client): Promise<string[]> {
  await statistics.query("select pg_stat_statements_reset()");
  await pause(IDLE_MS);
  const { rows } = await statistics.query<{ queryid: string }>("select queryid from pg_stat_statements");
  return rows.map((row) => row.queryid);
}

/** Asks, and what PostgreSQL spends on it, planning and executing. Null: it is refused. */
async function costOf(
  { statistics, idle }: Bench,
  asker: Asker,
  path: string,
): Promise<Omit<Cost, "what"> | null> {
  if ((await asker.get(path)) === null) return null;
  await statistics.query("select pg_stat_statements_reset()");
  for (let request = 0; request < REQUESTS; request++) await asker.get(path);
  // What others have it do meanwhile is asked for less often.
  const { rows } = await statistics.query<{ query: string; ms: number; pages: number }>(
    `select query, (total_plan_time + total_exec_time) / $1 as ms, (shared_blks_hit + shared_blks_read)::integer / $1 as pages
     from pg_stat_statements as s join pg_database as d on d.oid = s.dbid
     where d.datname = 'rookery' and calls >= $1 and toplevel and queryid <> all ($2::bigint[]) order by 2 desc`,
    [REQUESTS, idle],
  );
  const [slowest] = rows;
  return {
    ms: rows.reduce((sum, row) => sum + row.ms, 0),
    pages: rows.reduce((sum, row) => sum + row.pages, 0),
    slowest: `${slowest?.ms.toFixed(1)} ms ${slowest?.query.replaceAll(/\s+/g, " ")}`,
  };
}

/** PostgreSQL's own statistics of statements, which it loads at its start alone. */
async function countStatements(server: ServerProcess, directory: string): Promise<ServerProcess> {
  const client = new pg.Client({ host: join(directory, "socket"), user: "postgres", database: "postgres" });
  await client.connect();
  await client.query("create extension if not exists pg_stat_statements");
  const { rows } = await client.query<{ setting: string }>(
    "select current_setting('shared_preload_libraries') as setting",
  );
  const isLoaded = rows[0]?.setting.includes("pg_stat_statements") === true;
  if (!isLoaded) {
    await client.query("alter system set shared_preload_libraries = 'pg_stat_statements'");
    await client.query("alter system set pg_stat_statements.track_planning = on");
  }
  await client.end();
  if (isLoaded) return server;
  await server.end();
  return startServer(directory);
}

/** Who asks, of which inbox and pod: the first, which hold much, and ones that hold as much as most; under a key of the organization, of the pod and of the inbox. */
async function askers(server: ServerProcess): Promise<[string, Asker, Things][]> {
  const root = new Asker(server, server.rootKey);
  const found: [string, Asker, Things][] = [];
  for (const [name, index] of [
    ["much", 0],
    ["little", INBOXES / 2],
  ] as const) {
    const address = `agent-${index}@rookery.localhost`;
    const inbox = await root.get(`/v0/inboxes/${address}`);
    const pod = String(inbox?.["pod_id"]);
    const things = { pod_id: pod, workspace_id: pod, inbox_id: address, grant_id: address };
    found.push([name, root, things]);
    if (index > 0) continue;
    for (const scope of [`/pods/${pod}`, `/inboxes/${address}`]) {
      const key = await fetch(`${server.baseUrl}/v0${scope}/api-keys`, {
        method: "POST",
        headers: { authorization: `Bearer ${server.rootKey}` },
        body: JSON.stringify({ name: "bench" }),
      });
      // Cast: an object, in the API's own contract.
      const { api_key: secret } = (await key.json()) as { readonly api_key: string };
      found.push([
        `${name}, key of the ${scope.startsWith("/pods") ? "pod" : "inbox"}`,
        new Asker(server, secret),
        things,
      ]);
    }
  }
  return found;
}

async function documents(): Promise<[string, readonly Parameter[]][]> {
  const routes: [string, readonly Parameter[]][] = [];
  for (const dialect of ["v0", "v3"]) {
    const file = await readFile(new URL(`../openapi/${dialect}.json`, import.meta.url), "utf8");
    // Cast: generated by this project.
    const { paths } = JSON.parse(file) as Documented;
    for (const [path, { get }] of Object.entries(paths))
      if (get !== undefined && !WHOLE.some((end) => path.endsWith(end)))
        routes.push([path, get.parameters ?? []]);
  }
  return routes;
}

/** Every route, with every parameter. @param note is told of each request that was answered @returns routes for which there was nothing to ask for */
async function askAll(
  bench: Bench,
  server: ServerProcess,
  note: (cost: Cost) => unknown,
): Promise<Set<string>> {
  const unasked = new Set<string>();
  const documented = await documents();
  for (const [who, asker, things] of await askers(server))
    for (const [route, parameters] of documented) {
      const path = await named(asker, route, things);
      let isAsked = false;
      for (const query of path === undefined ? [] : await queriesOf(asker, path, parameters)) {
        const cost = await costOf(bench, asker, `${path}?${query}`);
        if (cost === null) continue;
        isAsked = true;
        note({ what: `${route} ${decodeURIComponent(query).slice(0, SHOWN_QUERY)} (${who})`, ...cost });
      }
      if (!isAsked) unasked.add(`${route} (${who})`);
    }
  return unasked;
}

export async function routes(first: ServerProcess, directory: string): Promise<Figures> {
  const database = new pg.Client({ host: join(directory, "socket"), user: "postgres", database: "rookery" });
  await database.connect();
  await fillForSearch(database);
  await fillForRoutes(database, first);
  await database.end();
  const server = await countStatements(first, directory);
  const statistics = new pg.Client({
    host: join(directory, "socket"),
    user: "postgres",
    database: "postgres",
  });
  await statistics.connect();
  const costs: Cost[] = [];
  try {
    const bench = { statistics, idle: await idleStatements(statistics) };
    const unasked = await askAll(bench, server, (cost) => costs.push(cost));
    const slowest = costs.toSorted((a, b) => b.ms - a.ms).slice(0, SHOWN);
    return {
      name: `routes: PostgreSQL's time for a request, the slowest ${SHOWN} of ${costs.length}`,
      rows: [
        ...slowest.map(({ what, ms, pages, slowest: statement }): [string, string] => [
          what,
          `${ms.toFixed(1)} ms, ${pages} pages; the slowest statement ${statement.slice(0, SHOWN_STATEMENT)}`,
        ]),
        ["not asked, as there is nothing of the kind", [...unasked].join(", ")],
      ],
    };
  } finally {
    await statistics.end();
    if (server !== first) await server.end();
  }
}
