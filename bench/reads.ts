/**
 * Reading by API beside a hundred thousand inboxes with a million messages, and beside a hundredth of that: what a request
 * costs must not depend on what else is stored. The rows are written by SQL; the requests are real, one after the other.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { ask } from "./client.ts";
import { type Figures, ms, percentile } from "./report.ts";
import { type ServerProcess, startServer } from "./server.ts";

const SMALL_INBOXES = 1000;
const INBOXES = 100_000;
const INBOXES_PER_POD = 100;
const MESSAGES_PER_INBOX = 10;
/** Of the first inbox, which is much larger than the others. */
const LARGE_INBOX_MESSAGES = 50_000;
/** Inboxes written in one transaction. */
const STEP = 5000;
const REQUESTS = 300;
const WARM_UP_REQUESTS = 50;
/** Between the start of a process that is to do nothing and the look at its memory, milliseconds. */
const IDLE_MS = 30_000;

/** Ids come from a number, so that the rows of one statement find those of another. */
const MADE = `create function pg_temp.made(kind text, number bigint) returns uuid language sql immutable
  return (overlay(overlay(md5(kind || number) placing '7' from 13 for 1) placing '8' from 17 for 1))::uuid`;

/** Inboxes from..to-1 with what they hold; `i` counts inboxes and `m` the messages of one. */
function rowsOf(organization: string, from: number, to: number): string[] {
  const inboxes = `generate_series(${from}::bigint, ${to - 1}::bigint) as i`;
  const large = `case i when 0 then ${LARGE_INBOX_MESSAGES} else ${MESSAGES_PER_INBOX} end`;
  const messages = `${inboxes}, generate_series(1, ${large}) as m`;
  const pod = `pg_temp.made('pod', i / ${INBOXES_PER_POD})`;
  const home = `'${organization}'::uuid, pg_temp.made('inbox', i)`;
  const number = "i * 1000000 + m";
  const at = "timestamptz '2026-01-01' + make_interval(secs => i % 5000 + m * 60)";
  return [
    `insert into pods select distinct ${pod}, '${organization}'::uuid, 'pod', null, now(), now() from ${inboxes}
       on conflict do nothing`,
    `insert into blobs select distinct ${pod}, sha256('raw'), '${organization}'::uuid, 3, 'raw'::bytea, now() from ${inboxes}
       on conflict do nothing`,
    `insert into inboxes (pod_id, organization_id, id, address, created_at, updated_at)
       select ${pod}, ${home}, 'agent-' || i || '@rookery.localhost', ${at}, now() from ${inboxes}, (values (0)) as one (m)`,
    `insert into addresses (address, pod_id, organization_id, inbox_id)
       select 'agent-' || i || '@rookery.localhost', ${pod}, ${home} from ${inboxes}`,
    `insert into threads (pod_id, organization_id, inbox_id, id, subject, preview, labels, senders, recipients, message_count,
       size, last_message_id, timestamp, received_timestamp, created_at, updated_at)
       select ${pod}, ${home}, pg_temp.made('thread', ${number}), 'Subject', 'Preview', '{received,unread}', '{a@outside.test}',
       '{b@outside.test}', 1, 3, '<' || ${number} || '@x>', ${at}, ${at}, now(), now() from ${messages}`,
    `insert into messages (pod_id, organization_id, inbox_id, id, thread_id, message_id, direction, labels, timestamp, sender,
       reply_to, "to", cc, bcc, subject, preview, text, "references", headers, size, attachment_count, raw_sha256, created_at,
       updated_at)
       select ${pod}, ${home}, pg_temp.made('message', ${number}), pg_temp.made('thread', ${number}), '<' || ${number} || '@x>',
       'inbound', '{received,unread}', ${at}, 'a@outside.test', '{}', '{b@outside.test}', '{}', '{}', 'Subject', 'Preview',
       repeat('text ', 100), '{}', '{}', 3, 0, sha256('raw'), now(), now() from ${messages}`,
  ];
}

async function fill(client: pg.Client, organization: string, from: number, to: number): Promise<void> {
  for (let at = from; at < to; at += STEP) {
    await client.query("begin");
    for (const insert of rowsOf(organization, at, Math.min(to, at + STEP))) await client.query(insert);
    await client.query("commit");
    if (process.stderr.isTTY)
      process.stderr.write(`\r  ${Math.min(to, at + STEP)} of ${to} inboxes written `);
  }
  await client.query("vacuum analyze");
}

const read = (server: ServerProcess, path: string) => ask(server, server.rootKey, path);

const inboxPath = (index: number): string => `/inboxes/agent-${index}@rookery.localhost`;

/** What is asked for, given a number that differs each time. The inboxes asked for are the same at both sizes. */
async function pathsOf(server: ServerProcess): Promise<Record<string, (index: number) => string>> {
  const { pod_id: pod } = await read(server, inboxPath(1));
  const deep = await deepToken(server);
  const of = (index: number): string => inboxPath(1 + (index % (SMALL_INBOXES - 1)));
  const id = (index: number): string =>
    encodeURIComponent(`<${(1 + (index % (SMALL_INBOXES - 1))) * 1_000_000 + 1}@x>`);
  return {
    "an inbox": of,
    "an inbox's messages": (index) => `${of(index)}/messages`,
    "a message": (index) => `${of(index)}/messages/${id(index)}`,
    "an inbox's threads": (index) => `${of(index)}/threads`,
    "a pod's threads": () => `/pods/${pod}/threads`,
    "everybody's threads": () => "/threads",
    inboxes: () => "/inboxes",
    [`messages of an inbox of ${LARGE_INBOX_MESSAGES}`]: () => `${inboxPath(0)}/messages`,
    "the same, far down": () => `${inboxPath(0)}/messages?page_token=${deep}`,
    "the same, by a rare label": () => `${inboxPath(0)}/messages?labels=rare`,
  };
}

/** Of a page in the middle of the large inbox. */
async function deepToken(server: ServerProcess): Promise<string> {
  let token = "";
  for (let page = 0; page < LARGE_INBOX_MESSAGES / 2 / 1000; page++) {
    const list = await read(server, `${inboxPath(0)}/messages?limit=1000${token && `&page_token=${token}`}`);
    token = encodeURIComponent(String(list["next_page_token"]));
  }
  return token;
}

async function measure(server: ServerProcess): Promise<Map<string, number[]>> {
  const samples = new Map<string, number[]>();
  for (const [name, path] of Object.entries(await pathsOf(server))) {
    const times: number[] = [];
    for (let index = 0; index < WARM_UP_REQUESTS + REQUESTS; index++) {
      const began = performance.now();
      await read(server, path(index));
      if (index >= WARM_UP_REQUESTS) times.push(performance.now() - began);
    }
    samples.set(name, times);
  }
  return samples;
}

/** What the process holds of the machine's memory, where the system tells. */
async function memoryOf({ pid }: ServerProcess): Promise<string> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  const kilobytes = /^VmRSS:\s+(\d+)/m.exec(status)?.[1];
  return kilobytes === undefined ? "not reported here" : `${(Number(kilobytes) / 1024).toFixed(0)} MB`;
}

/** Of a process that has served no request. */
async function idleMemory(directory: string): Promise<string> {
  const server = await startServer(directory);
  await pause(IDLE_MS);
  const memory = await memoryOf(server);
  await server.end();
  return memory;
}

export async function reads(server: ServerProcess, directory: string): Promise<Figures> {
  const client = new pg.Client({ host: join(directory, "socket"), user: "postgres", database: "rookery" });
  await client.connect();
  try {
    await client.query(MADE);
    const { rows } = await client.query<{ id: string }>("select id from organizations");
    const organization = rows[0]?.id ?? "";
    await fill(client, organization, 0, SMALL_INBOXES);
    const small = await measure(server);
    await fill(client, organization, SMALL_INBOXES, INBOXES);
    const large = await measure(server);
    const memory = await memoryOf(server);
    await pause(IDLE_MS);
    const later = await memoryOf(server);
    await client.end();
    await server.end();
    const idle = await idleMemory(directory);
    const messages = INBOXES * MESSAGES_PER_INBOX + LARGE_INBOX_MESSAGES;
    return {
      name: `reads: GET beside ${INBOXES} inboxes with ${messages} messages, and beside ${SMALL_INBOXES} inboxes`,
      rows: [
        ...[...large].map(([name, times]): [string, string] => {
          const few = small.get(name) ?? [];
          const [p50, p50Few] = [percentile(times, 0.5), percentile(few, 0.5)];
          const p99 = `p99 ${ms(percentile(times, 0.99))} (${ms(percentile(few, 0.99))})`;
          return [name, `p50 ${ms(p50)} (${ms(p50Few)}: ratio ${(p50 / p50Few).toFixed(2)}), ${p99}`];
        }),
        ["memory of the Node process after all these", memory],
        [`the same ${IDLE_MS / 1000} s later`, later],
        ["memory of a fresh process on the same database, idle", idle],
      ],
    };
  } finally {
    await client.end();
  }
}
