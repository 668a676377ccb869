/**
 * Accounts over /v3: creating one, and pages of a hundred thousand by offset, with 200 accounts, or 10 or 50, their policy and their health each. The rows are
 * written by SQL, one inbox to a pod for nine of ten; the requests are real, one after the other.
 */
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import pg from "pg";
import { cpuOf, cpuPer } from "./cpu.ts";
import { type Figures, ms, percentile } from "./report.ts";
import type { ServerProcess } from "./server.ts";

const ACCOUNTS = 100_000;
/** As the server writes times: cursors have milliseconds, and with microseconds a page would begin at the one before. */
const NOW = "date_trunc('milliseconds', now())";
const PAGE = 200;
/** The largest that is given. */
const FULL = `limit=${PAGE}`;
const CREATES = 1000;
const REQUESTS = 300;
const SLOW_REQUESTS = 30;
const WARM_UP_REQUESTS = 30;
const [POLL_MS, MAX_WAIT_MS] = [500, 120_000];
/** Every so many inboxes lie in the Default Pod, the others each in one of their own. */
const IN_DEFAULT_POD = 10;

/** Ids come from a number, so that the rows of one statement find those of another; in the order of time, as the server's own. */
const MADE = `create function pg_temp.made(kind text, number bigint) returns uuid language sql immutable
  return (lpad(to_hex(1767225600000 + number * 1000), 12, '0') || overlay(overlay(substr(md5(kind || number), 1, 20)
    placing '7' from 1 for 1) placing '8' from 5 for 1))::uuid`;

/** @param policy that all pods get: without one nobody looks at what an account has sent and holds */
async function fill(client: pg.Client, organization: string, policy: string): Promise<void> {
  const inboxes = `generate_series(0::bigint, ${ACCOUNTS - 1}::bigint) as i`;
  const home = `'${organization}'::uuid`;
  const pod = `case when i % ${IN_DEFAULT_POD} = 0 then ${home} else pg_temp.made('pod', i) end`;
  await client.query(MADE);
  await client.query(`insert into pods (id, organization_id, name, created_at, updated_at)
    select distinct ${pod}, ${home}, 'pod', ${NOW}, ${NOW} from ${inboxes} on conflict do nothing`);
  await client.query("update pods set policy_id = $1", [policy]);
  await client.query(`insert into inboxes (pod_id, organization_id, id, address, display_name, created_at, updated_at)
    select ${pod}, ${home}, pg_temp.made('inbox', i), 'filled-' || i || '@rookery.localhost', 'Agent',
      timestamptz '2026-01-01' + make_interval(secs => i), timestamptz '2026-01-01' + make_interval(secs => i * 7919 % ${ACCOUNTS})
    from ${inboxes}`);
  await client.query(`insert into addresses (address, pod_id, organization_id, inbox_id)
    select address, pod_id, organization_id, id from inboxes on conflict do nothing`);
  await client.query(`update inboxes set paused_at = now(), paused_from = 'pod' where id in
    (select pg_temp.made('inbox', i) from generate_series(0, ${ACCOUNTS - 1}, 1000) as i)`);
  await counted(client);
  await client.query("vacuum analyze");
}

/** The server counts what was added within seconds. */
async function counted(client: pg.Client): Promise<void> {
  for (let waited = 0; waited < MAX_WAIT_MS; waited += POLL_MS) {
    const { rows } = await client.query("select from inbox_ranks where total >= $1", [ACCOUNTS]);
    if (rows.length > 0) return;
    await setTimeout(POLL_MS);
  }
  throw new Error("nobody counted the accounts");
}

const headers = ({ rootKey }: ServerProcess) => ({ authorization: `Bearer ${rootKey}` });

/** @returns milliseconds from the request to the end of the answer */
async function list(server: ServerProcess, query: string): Promise<number> {
  const began = performance.now();
  const answer = await fetch(`${server.baseUrl}/v3/grants?${query}`, {
    headers: headers(server),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return performance.now() - began;
}

async function post(server: ServerProcess, path: string, body: object): Promise<string> {
  const answer = await fetch(`${server.baseUrl}/v3/${path}`, {
    method: "POST",
    headers: headers(server),
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text;
}

async function create(server: ServerProcess, index: number): Promise<number> {
  const began = performance.now();
  await post(server, "connect/custom", {
    provider: "nylas",
    settings: { email: `agent-${index}@rookery.localhost` },
    name: "Agent",
  });
  return performance.now() - began;
}

async function createPolicy(server: ServerProcess): Promise<string> {
  const limits = { limit_count_daily_email_sent: 500 };
  // Cast: an answer of this server.
  const { data } = JSON.parse(await post(server, "policies", { name: "standard", limits })) as {
    readonly data: { readonly id: string };
  };
  return data.id;
}

interface Bench {
  readonly server: ServerProcess;
  readonly directory: string;
}

async function measure(
  { server, directory }: Bench,
  requests: number,
  request: (index: number) => Promise<number>,
): Promise<string> {
  for (let index = 0; index < WARM_UP_REQUESTS; index++) await request(index);
  const samples: number[] = [];
  const before = await cpuOf(server.pid, directory);
  while (samples.length < requests) samples.push(await request(WARM_UP_REQUESTS + samples.length));
  const cpu = cpuPer(before, await cpuOf(server.pid, directory), requests);
  return `p50 ${ms(percentile(samples, 0.5))}, p99 ${ms(percentile(samples, 0.99))}; ${cpu}`;
}

/** Offsets all over the list, the same ones each time. */
const anywhere = (index: number): number => (index * 7919) % (ACCOUNTS - PAGE);

/** What is asked for, given a number that differs each time; and how often. */
const lists: readonly (readonly [string, number, (index: number) => string])[] = [
  ["the first page, of the default size (10)", REQUESTS, () => ""],
  ["a page anywhere, of the default size (10)", REQUESTS, (index) => `offset=${anywhere(index)}`],
  ["a page of 50 anywhere", REQUESTS, (index) => `limit=50&offset=${anywhere(index)}`],
  ["the first page", REQUESTS, () => FULL],
  ["a page anywhere", REQUESTS, (index) => `${FULL}&offset=${anywhere(index)}`],
  ["the last page", REQUESTS, () => `${FULL}&offset=${ACCOUNTS - PAGE}`],
  [
    "a page anywhere, by last change",
    REQUESTS,
    (index) => `${FULL}&sort_by=updated_at&offset=${anywhere(index)}`,
  ],
  ["the last page, oldest first", REQUESTS, () => `${FULL}&order_by=asc&offset=${ACCOUNTS - PAGE}`],
  ["of one address", REQUESTS, (index) => `email=filled-${anywhere(index)}@rookery.localhost`],
  [
    "created in the last hour",
    REQUESTS,
    (index) => `${FULL}&since=${1_767_225_600 + ACCOUNTS - 3600 + index}`,
  ],
  ["the hundred that are invalid", SLOW_REQUESTS, () => `${FULL}&grant_status=invalid`],
  [
    "a page anywhere of those that are valid",
    SLOW_REQUESTS,
    (index) => `${FULL}&grant_status=valid&offset=${anywhere(index)}`,
  ],
];

export async function accounts(server: ServerProcess, directory: string): Promise<Figures> {
  const bench = { server, directory };
  const created = await measure(bench, CREATES, (index) => create(server, index));
  const client = new pg.Client({ host: join(directory, "socket"), user: "postgres", database: "rookery" });
  await client.connect();
  const rows: (readonly [string, string])[] = [["connect/custom", created]];
  try {
    const { rows: found } = await client.query<{ id: string }>("select id from organizations");
    const organization = found[0]?.id ?? "";
    await fill(client, organization, await createPolicy(server));
    rows.push([
      `connect/custom beside ${ACCOUNTS}`,
      await measure(bench, CREATES, (index) => create(server, 10_000 + index)),
    ]);
    for (const [name, requests, query] of lists)
      rows.push([name, await measure(bench, requests, (index) => list(server, query(index)))]);
    const ofDefault = (index: number): string =>
      `${FULL}&workspace_id=${organization}&offset=${anywhere(index) % (ACCOUNTS / IN_DEFAULT_POD - PAGE)}`;
    rows.push([
      `a page anywhere of a workspace of ${ACCOUNTS / IN_DEFAULT_POD}`,
      await measure(bench, REQUESTS, (index) => list(server, ofDefault(index))),
    ]);
  } finally {
    await client.end();
  }
  return { name: `accounts: ${ACCOUNTS} over /v3, pages of ${PAGE} where none is said`, rows };
}
