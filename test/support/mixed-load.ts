/** Mail by SMTP, sends, label changes and deletes by API, all at once, tried again until they are answered, as peers and agents do. */
import { setTimeout as pause } from "node:timers/promises";
import type { ServerProcess } from "./server-process.ts";
import { offerMail } from "./smtp-client.ts";

/** A mail from outside that got its 250. */
export interface AcceptedMail {
  readonly id: string;
  readonly to: readonly string[];
  /** How many other mails under its Message-ID got theirs; each holds SECOND_MAIL. */
  readonly others: number;
  /** What was asked for since, and answered. */
  change: "none" | "labelled" | "deleted";
}

/** A send that got its 200. */
export interface AcceptedSend {
  readonly id: string;
  readonly from: string;
  readonly to: readonly string[];
}

export interface MixedLoad {
  readonly mails: AcceptedMail[];
  readonly sends: AcceptedSend[];
  /** Answers that no trying again explains. */
  readonly surprises: string[];
  /** Resolves when everything begun has its answer. */
  stop(): Promise<void>;
}

/** Milliseconds between two tries while the server is away. */
const AGAIN_MS = 50;
/** Milliseconds after which a try is given up, as peers do: a process that is stopped would hold every one of them. */
const TRY_MS = 15_000;
const LABEL = "seen";
/** What a mail under another's Message-ID says. */
export const SECOND_MAIL = "Another under its id.";
/** Every so many mails, another is sent under the id of one. */
const SECOND_EVERY = 5;

interface Inside extends Omit<MixedLoad, "stop"> {
  readonly server: () => ServerProcess;
  readonly inboxes: readonly string[];
  isOver: boolean;
}

/** @param server the one that runs now */
export function startMixedLoad(server: () => ServerProcess, inboxes: readonly string[]): MixedLoad {
  const inside: Inside = { server, inboxes, mails: [], sends: [], surprises: [], isOver: false };
  const lanes = [
    ...["a", "b", "c"].map((lane) => mailLane(inside, lane)),
    ...["a", "b"].map((lane) => sendLane(inside, lane)),
    changeLane(inside),
  ];
  return {
    mails: inside.mails,
    sends: inside.sends,
    surprises: inside.surprises,
    async stop() {
      inside.isOver = true;
      await Promise.all(lanes);
    },
  };
}

/** Some of the inboxes, others each time. */
const someOf = (inboxes: readonly string[], turn: number): string[] =>
  inboxes.filter((_, index) => (turn >> index) & 1 || index === turn % inboxes.length);

async function mailLane(load: Inside, lane: string): Promise<void> {
  for (let turn = 1; !load.isOver; turn++) {
    const mail = { id: `<${lane}${turn}@outside.test>`, to: someOf(load.inboxes, turn) };
    const answersTo = load.mails.at(-turn)?.id ?? "<none@outside.test>";
    const head = `From: ${lane}@outside.test\r\nMessage-ID: ${mail.id}\r\nIn-Reply-To: ${answersTo}`;
    const others = turn % SECOND_EVERY === 0 ? 1 : 0;
    // One after the other, and both before the first can be deleted: that one has the id as its own.
    for (const body of ["Hello. ".repeat(turn % 300), ...Array<string>(others).fill(SECOND_MAIL)])
      while (!(await isTaken(load.server().smtpPort, mail.to, `${head}\r\n\r\n${body}`)))
        await pause(AGAIN_MS);
    load.mails.push({ ...mail, others, change: "none" });
  }
}

/** False for anything but a 250, also when there is no connection: the mail is the sender's still. */
const isTaken = async (port: number, to: readonly string[], raw: string): Promise<boolean> =>
  (await offerMail(port, "a@outside.test", to, raw, "", TRY_MS).catch(() => "")).startsWith("250");

async function sendLane(load: Inside, lane: string): Promise<void> {
  for (let turn = 1; !load.isOver; turn++) {
    const from = load.inboxes[turn % load.inboxes.length] ?? "";
    const to = [
      ...someOf(load.inboxes, turn),
      ...(turn % 3 === 0 ? ["x@elsewhere.test", "nobody@rookery.localhost"] : []),
    ];
    const call = {
      method: "POST",
      path: `/v0/inboxes/${from}/messages/send`,
      body: { to, text: `${lane}${turn}` },
    };
    const answer = await answerTo(load, { ...call, key: `${lane}${turn}` }, [200]);
    const again = turn % 5 === 0 ? await answerTo(load, { ...call, key: `${lane}${turn}` }, [200]) : answer;
    const id = String(answer["message_id"]);
    if (again["message_id"] !== id)
      load.surprises.push(`another answer to the same key: ${again["message_id"]}`);
    load.sends.push({ id, from, to });
  }
}

async function changeLane(load: Inside): Promise<void> {
  for (let next = 0; !load.isOver; ) {
    const mail = load.mails[next];
    if (mail === undefined) {
      await pause(AGAIN_MS);
      continue;
    }
    next += 1;
    const deleting = next % 4 === 0;
    for (const inbox of mail.to) {
      const path = `/v0/inboxes/${inbox}/messages/${encodeURIComponent(mail.id)}`;
      // The delete of a lost answer was done: the next finds nothing.
      if (deleting) await answerTo(load, { method: "DELETE", path }, [204, 404]);
      else await answerTo(load, { method: "PATCH", path, body: { add_labels: [LABEL] } }, [200]);
    }
    mail.change = deleting ? "deleted" : "labelled";
  }
}

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly key?: string;
}

/** Asks until the server answers and can do it. */
async function answerTo(
  load: Inside,
  call: Call,
  wanted: readonly number[],
): Promise<Record<string, unknown>> {
  for (;;) {
    const response = await ask(load.server(), call).catch(() => null);
    if (response !== null && response.status < 500) {
      if (!wanted.includes(response.status))
        load.surprises.push(`${call.method} ${call.path}: ${response.status} ${response.text}`);
      // Cast: the API's answers are objects.
      return JSON.parse(response.text || "{}") as Record<string, unknown>;
    }
    await pause(AGAIN_MS);
  }
}

async function ask(
  { baseUrl, rootKey }: ServerProcess,
  { method, path, body, key }: Call,
): Promise<{ status: number; text: string }> {
  const response = await fetch(`${baseUrl}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${rootKey}`,
      "content-type": "application/json",
      ...(key !== undefined && { "idempotency-key": key }),
    },
    signal: AbortSignal.timeout(TRY_MS),
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, text: await response.text() };
}
