/** A burst of mail from one inbox here to another: sent by API, sixteen at a time, until the last copy is there. */
import { setTimeout as pause } from "node:timers/promises";
import type { ServerProcess } from "../test/support/server-process.ts";
import { cpuOf, cpuPer } from "./cpu.ts";
import { type Figures, ms } from "./report.ts";

const MESSAGES = 400;
const WARM_UP_MESSAGES = 100;
const AT_ONCE = 16;
const BODY_BYTES = 2000;
/** Milliseconds in which the last copy must be there. */
const PATIENCE_MS = 120_000;
/** Between looks at the receiving inbox. A look reads one message. */
const LOOK_MS = 20;

async function call(server: ServerProcess, path: string, body?: object): Promise<Record<string, unknown>> {
  const answer = await fetch(`${server.baseUrl}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${server.rootKey}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
  // Cast: an object, in the API's own contract.
  return (await answer.json()) as Record<string, unknown>;
}

const inboxPath = (inbox: string): string => `/v0/inboxes/${encodeURIComponent(inbox)}`;

interface Pair {
  readonly from: string;
  readonly to: string;
}

/** Two inboxes of a pod of their own. */
async function makePair(server: ServerProcess): Promise<Pair> {
  const { pod_id } = await call(server, "/v0/pods", {});
  const make = async (): Promise<string> =>
    String((await call(server, `/v0/pods/${pod_id}/inboxes`, {}))["inbox_id"]);
  return { from: await make(), to: await make() };
}

const send = async (server: ServerProcess, { from, to }: Pair): Promise<string> =>
  String(
    (await call(server, `${inboxPath(from)}/messages/send`, { to, text: "x".repeat(BODY_BYTES) }))[
      "message_id"
    ],
  );

async function isThere(server: ServerProcess, { to }: Pair, messageId: string): Promise<boolean> {
  const path = `${server.baseUrl}${inboxPath(to)}/messages/${encodeURIComponent(messageId)}`;
  const answer = await fetch(path, { headers: { authorization: `Bearer ${server.rootKey}` } });
  await answer.arrayBuffer();
  return answer.ok;
}

/** @throws when one of the messages is not there in time */
async function awaitAll(server: ServerProcess, pair: Pair, ids: readonly string[]): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  for (const id of ids)
    while (!(await isThere(server, pair, id))) {
      if (performance.now() > end) throw new Error(`a message is not there after ${PATIENCE_MS} ms`);
      await pause(LOOK_MS);
    }
}

interface Burst {
  readonly sentMs: number;
  readonly thereMs: number;
  /** From the send of one mail of another tenant, when the burst was sent, until it was there. */
  readonly neighbourMs: number;
}

async function burst(server: ServerProcess, count: number): Promise<Burst> {
  const [pair, neighbour] = [await makePair(server), await makePair(server)];
  const ids: string[] = [];
  let begun = 0;
  const lane = async (): Promise<void> => {
    while (begun++ < count) ids.push(await send(server, pair));
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  const sentMs = performance.now() - began;
  const neighbourBegan = performance.now();
  await awaitAll(server, neighbour, [await send(server, neighbour)]);
  const neighbourMs = performance.now() - neighbourBegan;
  // The last first: when it is there, the others mostly are.
  await awaitAll(server, pair, ids.toReversed());
  return { sentMs, thereMs: performance.now() - began, neighbourMs };
}

/** @param dataDir of the server, whose PostgreSQL's CPU is counted */
export async function local(server: ServerProcess, dataDir: string): Promise<Figures> {
  await burst(server, WARM_UP_MESSAGES);
  const before = cpuOf(server.pid, dataDir);
  const { sentMs, thereMs, neighbourMs } = await burst(server, MESSAGES);
  const after = cpuOf(server.pid, dataDir);
  const rate = (elapsedMs: number): string =>
    `${ms(elapsedMs)}, ${((MESSAGES * 1000) / elapsedMs).toFixed(0)} a second`;
  return {
    name: `local: ${MESSAGES} mails of one inbox to another, ${AT_ONCE} sends at a time`,
    rows: [
      ["all sent", rate(sentMs)],
      ["all there, from the first send on", rate(thereMs)],
      ["a neighbour's mail, behind the burst", ms(neighbourMs)],
      ["CPU for each, sent and delivered", cpuPer(before, after, MESSAGES)],
    ],
  };
}
