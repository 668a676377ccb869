/** What the quiet path is driven with: a server with the mail of one inbox, and the operations of one caller on it. */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { serve } from "../test/support/serve.ts";
import type { SmtpSession } from "../test/support/smtp-client.ts";
import { ask, openSession } from "./client.ts";
import type { ServerProcess } from "./server.ts";
import { openReceiver, type WebhookReceiver } from "./webhook-receiver.ts";

const THREADS = 100;
const MESSAGES_PER_THREAD = 5;
/** Times that an operation is done in one turn. */
export const REQUESTS = 200;
const SESSIONS = 8;
/** Milliseconds in which webhooks must have come. */
const PATIENCE_MS = 60_000;

export interface Contestant {
  readonly name: string;
  readonly directory: string;
  readonly server: ServerProcess;
  readonly inbox: string;
  /** An inbox with a webhook endpoint. */
  readonly told: string;
  readonly messages: readonly string[];
  readonly threads: readonly string[];
  readonly receiver: WebhookReceiver;
  /** Webhooks that came so far. */
  readonly webhooks: { count: number };
}

export interface Operation {
  readonly name: string;
  /** Whether it leaves work behind, which is waited for and counted. */
  readonly leavesWork: boolean;
  /** Does it `REQUESTS` times. @param mark differs each time */
  run(contestant: Contestant, mark: string): Promise<void>;
}

const pathTo = (...segments: readonly string[]): string =>
  segments.map((segment) => `/${encodeURIComponent(segment)}`).join("");

const reading = (
  name: string,
  path: (contestant: Contestant, at: number) => string,
  query = "",
): Operation => ({
  name,
  leavesWork: false,
  async run(contestant) {
    const { server } = contestant;
    for (let at = 0; at < REQUESTS; at++)
      await ask(server, server.rootKey, `${path(contestant, at)}${query}`);
  },
});

/** One of several, in turn. */
const nth = (ids: readonly string[], at: number): string => ids[(at * 7) % ids.length] ?? "";

const TEXT = "A line of some sixty characters, as letters have them, more or less.\r\n".repeat(20);
const ATTACHMENT = Buffer.from("%PDF-1.4 ".repeat(200)).toString("base64").replace(/.{76}/g, "$&\r\n");

/** A mail of a person; with a file when `isLarge`. */
function mailOf(id: string, subject: string, answers: readonly string[], isLarge: boolean): string {
  const references =
    answers.length === 0 ? "" : `In-Reply-To: ${answers.at(-1)}\r\nReferences: ${answers.join(" ")}\r\n`;
  const head = `From: Ann Example <ann@outside.test>\r\nTo: agent@rookery.localhost\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\nMessage-ID: ${id}\r\nSubject: ${subject}\r\n${references}MIME-Version: 1.0\r\n`;
  if (!isLarge) return `${head}Content-Type: text/plain; charset=utf-8\r\n\r\n${TEXT}`;
  return `${head}Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n${TEXT}\r\n--b\r\nContent-Type: application/pdf; name=a.pdf\r\nContent-Disposition: attachment; filename=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n${ATTACHMENT}\r\n--b--\r\n`;
}

async function deliver(session: SmtpSession, inbox: string, mail: string): Promise<void> {
  for (const line of ["MAIL FROM:<ann@outside.test>", `RCPT TO:<${inbox}>`, "DATA"]) {
    const reply = await session.command(line);
    if (!/^[23]/.test(reply)) throw new Error(`${line}: ${reply}`);
  }
  // In one write: the last line of two would wait for the acknowledgement of the first.
  const reply = await session.command(`${mail}\r\n.`);
  if (!reply.startsWith("250")) throw new Error(`not taken: ${reply}`);
}

/** `REQUESTS` mails over so many sessions. */
async function ingest({ server }: Contestant, inbox: string, mark: string, atOnce: number): Promise<void> {
  const lane = async (_: unknown, first: number): Promise<void> => {
    const session = await openSession(server.smtpPort);
    for (let at = first; at < REQUESTS; at += atOnce)
      await deliver(session, inbox, mailOf(`<${mark}-${at}@bench.test>`, `Mail ${mark} ${at}`, [], false));
    session.close();
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

export const OPERATIONS: readonly Operation[] = [
  reading("GET a message", ({ inbox, messages }, at) =>
    pathTo("inboxes", inbox, "messages", nth(messages, at)),
  ),
  reading("GET a thread of 5", ({ inbox, threads }, at) =>
    pathTo("inboxes", inbox, "threads", nth(threads, at)),
  ),
  reading("GET 20 messages", ({ inbox }) => pathTo("inboxes", inbox, "messages"), "?limit=20"),
  reading("GET 20 threads", ({ inbox }) => pathTo("inboxes", inbox, "threads"), "?limit=20"),
  reading("GET an inbox", ({ inbox }) => pathTo("inboxes", inbox)),
  {
    name: "a mail, one session",
    leavesWork: true,
    run: (contestant, mark) => ingest(contestant, contestant.inbox, `one-${mark}`, 1),
  },
  {
    name: `a mail, ${SESSIONS} sessions`,
    leavesWork: true,
    run: (contestant, mark) => ingest(contestant, contestant.inbox, `many-${mark}`, SESSIONS),
  },
  {
    name: "a mail and its webhook",
    leavesWork: true,
    async run(contestant, mark) {
      const { webhooks, told } = contestant;
      const wanted = webhooks.count + REQUESTS;
      await ingest(contestant, told, `told-${mark}`, 1);
      for (const end = performance.now() + PATIENCE_MS; webhooks.count < wanted; await pause(20))
        if (performance.now() > end) throw new Error(`${wanted - webhooks.count} webhooks have not come`);
    },
  },
  {
    name: "a send to an inbox here",
    leavesWork: true,
    async run({ server, inbox, told }, mark) {
      for (let at = 0; at < REQUESTS; at++)
        await ask(server, server.rootKey, `${pathTo("inboxes", told)}/messages/send`, {
          to: inbox,
          subject: `Send ${mark} ${at}`,
          text: TEXT,
        });
    },
  },
];

/** Starts a checkout's server on a directory of its own, with the data of all. */
export async function enter(
  checkout: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<Contestant> {
  const webhooks = { count: 0 };
  const receiver = await openReceiver(() => webhooks.count++);
  const directory = await mkdtemp(join(tmpdir(), "rookery-quiet-"));
  const server = await serve(join(checkout, "bin/rookery.js"), directory, settings);
  const post = (path: string, body: object) => ask(server, server.rootKey, path, body);
  const { pod_id: pod } = await post("/pods", { name: "quiet" });
  const inboxes = pathTo("pods", String(pod), "inboxes");
  const inbox = String((await post(inboxes, { username: "agent" }))["inbox_id"]);
  const told = String((await post(inboxes, { username: "told" }))["inbox_id"]);
  await post("/webhooks", { url: receiver.url, event_types: ["message.received"], inbox_ids: [told] });
  const session = await openSession(server.smtpPort);
  const messages: string[] = [];
  for (let thread = 0; thread < THREADS; thread++) {
    const ids = Array.from({ length: MESSAGES_PER_THREAD }, (_, at) => `<data-${thread}-${at}@bench.test>`);
    for (const [at, id] of ids.entries())
      await deliver(session, inbox, mailOf(id, `Thread ${thread}`, ids.slice(0, at), at === 2));
    messages.push(...ids);
  }
  session.close();
  // Cast: a list, in the API's own contract.
  const list = (await ask(server, server.rootKey, `${pathTo("inboxes", inbox)}/threads?limit=100`)) as {
    threads: { thread_id: string }[];
  };
  const threads = list.threads.map(({ thread_id }) => thread_id);
  return {
    ...{ name: basename(checkout), directory, server, inbox, told, messages, threads, receiver, webhooks },
  };
}
