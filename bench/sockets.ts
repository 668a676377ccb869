/**
 * Ten thousand WebSockets that are idle and subscribed, in one process: what they cost, and from the 250 of a mail to its event on another
 * socket, alone and beside them. They belong to twenty tenants and come from ten networks, as the server's bounds want it.
 */
import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import WebSocket from "ws";
import type { SmtpSession } from "../test/support/smtp-client.ts";
import { makeTenant, openSession, sendMail, type Tenant } from "./client.ts";
import { cpuOf } from "./cpu.ts";
import { readReport } from "./process-report.ts";
import { type Figures, ms, percentile } from "./report.ts";
import type { ServerProcess } from "./server.ts";
import { type OpenCrowd, openCrowd } from "./sockets/crowd.ts";

const SOCKETS = 10_000;
const TENANTS = 20;
const NETWORKS = 10;
const MAILS = 500;
const WARM_UP_MAILS = 100;
const PER_SECOND = 20;
/** Mails whose event goes to all sockets of a tenant. */
const WIDE_MAILS = 50;
/** In which whatever was sent must have come, milliseconds. */
const TIMEOUT_MS = 30_000;
/** Two rounds of pings, so that every socket was asked and has answered; milliseconds. */
const IDLE_MS = 60_000;

const ofPod = (server: ServerProcess): string => `${server.baseUrl.replace(/^http/, "ws")}/v0`;

/** When the event of each message came, by its Message-ID. */
type Arrivals = ReadonlyMap<string, number>;

async function listenTo(server: ServerProcess, { key }: Tenant): Promise<[WebSocket, Arrivals]> {
  const arrivals = new Map<string, number>();
  const socket = new WebSocket(ofPod(server), { headers: { authorization: `Bearer ${key}` } });
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    socket.once("open", () => socket.send(JSON.stringify({ type: "subscribe" })));
    socket.on("message", (data) => {
      const at = performance.now();
      const frame = JSON.parse(String(data));
      if (frame.type === "subscribed") resolve();
      else arrivals.set(frame.message?.message_id, at);
    });
  });
  return [socket, arrivals];
}

/** Mails at a steady rate. @returns milliseconds from each 250 to its event */
async function tell(
  session: SmtpSession,
  { inboxes }: Tenant,
  arrivals: Arrivals,
  count: number,
  name: string,
): Promise<number[]> {
  const accepted = new Map<string, number>();
  const began = performance.now();
  for (let index = 0; index < count; index++) {
    await pause(Math.max(0, began + (index * 1000) / PER_SECOND - performance.now()));
    const id = `<${name}-${index}@bench.test>`;
    await sendMail(session, inboxes, id);
    accepted.set(id, performance.now());
  }
  for (const end = performance.now() + TIMEOUT_MS; performance.now() < end; await pause(20))
    if ([...accepted.keys()].every((id) => arrivals.has(id))) break;
  return [...accepted].map(([id, at]) => {
    const came = arrivals.get(id);
    if (came === undefined) throw new Error(`no event of ${id} within ${TIMEOUT_MS} ms`);
    return came - at;
  });
}

/** Mails to a tenant all of whose sockets listen. @returns milliseconds from each 250 to the last of them */
async function tellMany(
  session: SmtpSession,
  { inboxes }: Tenant,
  crowd: OpenCrowd,
  listening: number,
): Promise<number[]> {
  const took: number[] = [];
  for (let index = 0; index < WIDE_MAILS; index++) {
    const id = `<wide-${index}@bench.test>`;
    await sendMail(session, inboxes, id);
    const at = performance.timeOrigin + performance.now();
    let heard = await crowd.heard(id);
    for (const end = performance.now() + TIMEOUT_MS; heard?.sockets !== listening; await pause(20)) {
      if (performance.now() > end) throw new Error(`${id} came to ${heard?.sockets ?? 0} of ${listening}`);
      heard = await crowd.heard(id);
    }
    took.push(heard.at - at);
  }
  return took;
}

interface Memory {
  /** Of the machine's memory, bytes. */
  readonly rss: number;
  /** Of it the heap of JavaScript, and what objects hold outside it. */
  readonly heap: number;
  readonly external: number;
}

/** V8 gives pages back some time after the collection of garbage that freed them. */
const SETTLED_MS = 10_000;

async function memoryOf({ pid }: ServerProcess): Promise<Memory> {
  await readReport(pid);
  await pause(SETTLED_MS);
  const { heapUsed = Number.NaN, external = Number.NaN } = await readReport(pid);
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return { rss: Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) * 1024, heap: heapUsed, external };
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MB`;
const figureOf = ({ rss, heap, external }: Memory): string =>
  `${megabytes(rss)} of memory, of it ${megabytes(heap)} of heap and ${megabytes(external)} beside it`;
const perSocket = (before: Memory, after: Memory): string =>
  (["rss", "heap", "external"] as const)
    .map((part) => `${((after[part] - before[part]) / 1024 / SOCKETS).toFixed(1)} KB of ${part}`)
    .join(", ");
const spread = (samples: readonly number[]): string =>
  `p50 ${ms(percentile(samples, 0.5))}, p99 ${ms(percentile(samples, 0.99))}, all of ${samples.length} came`;

async function withCrowd(server: ServerProcess, dataDir: string, tenants: readonly Tenant[]) {
  const began = performance.now();
  const before = await cpuOf(server.pid, dataDir);
  const crowd = await openCrowd({
    url: ofPod(server),
    keys: tenants.map(({ key }) => key),
    addresses: Array.from({ length: NETWORKS }, (_, index) => `127.0.${index + 1}.1`),
    sockets: SOCKETS,
  });
  const opened = await cpuOf(server.pid, dataDir);
  const openedMs = performance.now() - began;
  await pause(IDLE_MS);
  const rested = await cpuOf(server.pid, dataDir);
  return {
    crowd,
    memory: await memoryOf(server),
    opening: `${(openedMs / 1000).toFixed(1)} s, ${((opened.node - before.node) / SOCKETS).toFixed(2)} ms of CPU in Node each`,
    idling: `${(((rested.node - opened.node) / IDLE_MS) * 100).toFixed(1)} % of a core in Node`,
  };
}

export async function sockets(server: ServerProcess, dataDir: string): Promise<Figures> {
  const tenants: Tenant[] = [];
  for (let index = 0; index < TENANTS; index++) tenants.push(await makeTenant(server, `tenant-${index}`, 1));
  const own = await makeTenant(server, "own", 1);
  const [socket, arrivals] = await listenTo(server, own);
  const session = await openSession(server.smtpPort);
  await tell(session, own, arrivals, WARM_UP_MAILS, "warm");
  const alone = await tell(session, own, arrivals, MAILS, "alone");
  const before = await memoryOf(server);
  const { crowd, memory, opening, idling } = await withCrowd(server, dataDir, tenants);
  try {
    const beside = await tell(session, own, arrivals, MAILS, "beside");
    const [first] = tenants;
    if (first === undefined) throw new Error("there are tenants");
    const wide = await tellMany(session, first, crowd, SOCKETS / TENANTS);
    const ended = await crowd.ended();
    if (ended > 0) throw new Error(`${ended} sockets ended`);
    await crowd.stop();
    await pause(IDLE_MS / 2);
    return {
      name: `sockets: ${SOCKETS} idle and subscribed, of ${TENANTS} tenants from ${NETWORKS} networks; ${PER_SECOND} mails/s to another`,
      rows: [
        ["memory before", figureOf(before)],
        [`memory with ${SOCKETS} more`, figureOf(memory)],
        ["for each socket", perSocket(before, memory)],
        ["memory after they ended", figureOf(await memoryOf(server))],
        ["opening and subscribing all", opening],
        ["while all are idle", idling],
        ["250 of a mail to its event, alone", spread(alone)],
        [`the same beside ${SOCKETS} idle sockets`, spread(beside)],
        [`to the last of the ${SOCKETS / TENANTS} sockets of a tenant`, spread(wide)],
      ],
    };
  } finally {
    session.close();
    socket.close();
    await crowd.stop();
  }
}
