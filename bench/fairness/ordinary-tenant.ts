/**
 * A tenant as most are: a few lists, mails and webhooks a second, begun when their time has come whether or not those
 * before were answered (open loop), each measured from that time. What failed counts as TIMEOUT_MS.
 */
import { request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { ask, fillInbox, makeTenant, openSession, sendMail } from "../client.ts";
import { openReceiver } from "../webhook-receiver.ts";
import type { Target } from "./flood.ts";

/** With twice as many it takes a third of the loop, and is itself a tenant that asks for all it may have. */
const LISTS_PER_SECOND = 20;
const MAILS_PER_SECOND = 10;
/** An answer that is later than this is none. */
const TIMEOUT_MS = 10_000;
/** Of the tenant: none of the floods' networks. */
const ADDRESS = "127.0.9.1";
const STORED_MAILS = 50;

/** Milliseconds of each, in no order. */
export interface Samples {
  readonly lists: readonly number[];
  /** Whole transactions, from connecting to the 250. */
  readonly mails: readonly number[];
  /** From the 250 to the webhook at the receiver. */
  readonly webhooks: readonly number[];
  readonly failed: number;
}

export interface OrdinaryTenant {
  measure(seconds: number): Promise<Samples>;
  close(): Promise<void>;
}

interface Inside {
  readonly target: Target;
  readonly inbox: string;
  readonly key: string;
  /** What waits for a webhook, by Message-ID. */
  readonly awaited: Map<string, () => void>;
}

export async function openOrdinaryTenant(target: Target): Promise<OrdinaryTenant> {
  const awaited: Inside["awaited"] = new Map();
  const receiver = await openReceiver((id) => awaited.get(id)?.());
  const { pod, key, inboxes } = await makeTenant(target, "ordinary", 1);
  const [inbox = ""] = inboxes;
  await fillInbox(target, inbox, STORED_MAILS);
  await ask(target, key, `/pods/${pod}/webhooks`, { url: receiver.url, event_types: ["message.received"] });
  let runs = 0;
  const inside = { target, inbox, key, awaited };
  return {
    measure: (seconds) => measure(inside, seconds, `run-${++runs}`),
    close: () => receiver.close(),
  };
}

async function measure(inside: Inside, seconds: number, run: string): Promise<Samples> {
  const lists: number[] = [];
  const mails: number[] = [];
  const webhooks: number[] = [];
  let failed = 0;
  const timed = async (samples: number[], began: number, work: Promise<unknown>): Promise<boolean> => {
    const isDone = await Promise.race([
      work.then(
        () => true,
        () => false,
      ),
      pause(TIMEOUT_MS, false, { ref: false }),
    ]);
    samples.push(isDone ? performance.now() - began : TIMEOUT_MS);
    if (!isDone) failed++;
    return isDone;
  };
  await Promise.all([
    openLoop(LISTS_PER_SECOND, seconds, async (_index, began) => timed(lists, began, list(inside))),
    openLoop(MAILS_PER_SECOND, seconds, async (index, began) => {
      const id = `<${run}-${index}@ordinary.test>`;
      const arrived = new Promise<void>((resolve) => inside.awaited.set(id, resolve));
      if (await timed(mails, began, mail(inside, id))) await timed(webhooks, performance.now(), arrived);
      inside.awaited.delete(id);
    }),
  ]);
  return { lists, mails, webhooks, failed };
}

/** Begins `act` so many times a second. Resolves when the last has ended. @param act is given when its time was */
async function openLoop(
  perSecond: number,
  seconds: number,
  act: (index: number, began: number) => Promise<unknown>,
): Promise<void> {
  const began = performance.now();
  const acts: Promise<unknown>[] = [];
  for (let index = 0; index < perSecond * seconds; index++) {
    const due = began + (index * 1000) / perSecond;
    await pause(Math.max(0, due - performance.now()));
    acts.push(act(index, Math.max(due, performance.now() - SCHEDULING_MS)));
  }
  await Promise.all(acts);
}

/** Lateness of this process's own timer beyond which it is not the server's. */
const SCHEDULING_MS = 2;

/** On a connection of its own, as of a client that has just come. */
function list({ target, inbox, key }: Inside): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const asked = request(`${target.baseUrl}/v0/inboxes/${inbox}/messages?limit=20`, {
    agent: false,
    localAddress: ADDRESS,
    headers: { authorization: `Bearer ${key}` },
    timeout: TIMEOUT_MS,
  });
  asked.on("timeout", () => asked.destroy());
  asked.on("error", reject);
  asked.on("response", (answer) => {
    answer.on("end", () => (answer.statusCode === 200 ? resolve() : reject(new Error("refused"))));
    answer.on("error", reject);
    answer.resume();
  });
  asked.end();
  return promise;
}

async function mail({ target, inbox }: Inside, id: string): Promise<void> {
  const session = await openSession(target.smtpPort, ADDRESS);
  await sendMail(session, [inbox], id);
  session.close();
}
