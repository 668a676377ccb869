import { randomBytes } from "node:crypto";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { eventually } from "../../../../test/support/eventually.ts";
import { allMessages } from "../../../../test/support/lists.ts";
import { lockWaits } from "../../../../test/support/lock-waits.ts";
import { openLoopTurns } from "../../../../test/support/loop-turns.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemClock } from "../../../lib/clock.ts";
import { createIdSource } from "../../../lib/uuid.ts";
import { inProcessCodec } from "../../../protocols/mime/index.ts";
import type { FullMessage, Message } from "../../mail/messages/index.ts";
import { getMessage, listMessages } from "../../mail/messages/index.ts";
import { createReceiver, type Receiver } from "./index.ts";

let t: TestDoor;
/** A connection that locks rows, as a process that was stopped in the middle of a commit does. */
let stopped: pg.Client;

beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());
beforeEach(async () => {
  stopped = new pg.Client(t.engine.connection);
  await stopped.connect();
  await stopped.query("begin");
});
afterEach(() => stopped.end());

interface Home {
  readonly address: string;
  readonly podId: string;
  readonly id: string;
}

/** @param lockWaitMs the bound of what a mail waits; a minute, which a test does not reach, when absent */
const receiverWith = (lockWaitMs = 60_000): Receiver =>
  createReceiver({
    database: t.database,
    clock: systemClock,
    newId: createIdSource(Date.now, randomBytes),
    mailHost: "mx.rookery.localhost",
    mimeCodec: inProcessCodec,
    limitsInForce: t.parts.lent.limitsInForce,
    turns: openLoopTurns(),
    lockWaitMs,
  });

async function makeHome(receiver: Receiver): Promise<Home> {
  const { address } = await t.seed.inbox(await t.seed.pod());
  const found = await receiver.resolve(address);
  if (found === null) throw new Error(`no inbox ${address}`);
  return { address, podId: found.inbox.podId, id: found.inbox.id };
}

const fileOf = (name: string): string =>
  `Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nHi\r\n--b\r\n` +
  `Content-Type: image/png\r\nContent-Disposition: attachment; filename=logo.png\r\n\r\n${name}\r\n--b--\r\n`;

/** Receives one mail for these. @param rest further headers, an empty line and the body */
async function arrive(receiver: Receiver, id: string, to: readonly Home[], rest = "\r\nHi\r\n") {
  const recipients = await Promise.all(to.map(({ address }) => receiver.resolve(address)));
  const { stored } = await receiver.receive({
    raw: Buffer.from(`From: a@x.test\r\nMessage-ID: <${id}@x>\r\n${rest}`),
    trace: "",
    recipients: recipients.filter((recipient) => recipient !== null),
    envelopeFrom: "a@x.test",
    receivedAt: new Date(),
  });
  return stored;
}

const list = async ({ address }: Home): Promise<readonly Message[]> =>
  (await t.run(t.rootToken, listMessages, { inbox: address }, allMessages)).items;
const idsIn = async (home: Home): Promise<string[]> =>
  (await list(home)).map(({ messageId }) => messageId).sort();
const read = ({ address }: Home, messageId: string): Promise<FullMessage> =>
  t.run(t.rootToken, getMessage, { inbox: address }, { messageId });

/** Resolves when a statement waits for a lock. */
const someoneWaits = (): Promise<unknown> =>
  eventually("one of them waits", async () => (await lockWaits(stopped)).length > 0);

/** What another process may hold, and what of a mail then meets it. */
const locks: readonly {
  readonly what: string;
  readonly hold: (home: Home) => Promise<unknown>;
  readonly rest?: string;
}[] = [
  {
    what: "the row of an inbox",
    hold: ({ id }) => stopped.query("select from inboxes where id = $1 for no key update", [id]),
  },
  {
    what: "the row of a thread",
    hold: ({ id }) => stopped.query("select from threads where inbox_id = $1 for update", [id]),
    rest: "In-Reply-To: <first@x>\r\n\r\nHi\r\n",
  },
  {
    what: "the row of a pod",
    hold: ({ podId }) => stopped.query("select from pods where id = $1 for update", [podId]),
  },
  {
    what: "the same attachment, not yet committed",
    hold: ({ podId }) =>
      stopped.query(
        `insert into blobs (pod_id, sha256, organization_id, size, content, created_at)
        select id, sha256('the logo'::bytea), organization_id, 8, 'the logo', now() from pods where id = $1`,
        [podId],
      ),
    rest: fileOf("the logo"),
  },
];

describe.each(locks)("while another process holds $what", ({ hold, rest }) => {
  it("mail that needs it waits, all other mail is stored, and afterwards each is there once", async () => {
    const receiver = receiverWith();
    const [held, other] = [await makeHome(receiver), await makeHome(receiver)];
    await arrive(receiver, "first", [held]);
    await hold(held);
    const ids = ["one", "two", "three"];
    const waiting = ids.map((id) => arrive(receiver, id, [held], rest));
    const both = arrive(receiver, "both", [other, held], rest);
    // Beside them in a group, and later.
    await Promise.all(ids.map((id) => arrive(receiver, id, [other])));
    await someoneWaits();
    await Promise.all(["four", "five"].map((id) => arrive(receiver, id, [other])));
    expect(await idsIn(other)).toEqual(["<five@x>", "<four@x>", "<one@x>", "<three@x>", "<two@x>"]);
    expect(await idsIn(held)).toEqual(["<first@x>"]);
    await stopped.query("rollback");
    expect(await Promise.all(waiting)).toEqual(ids.map(() => new Set([held.id])));
    expect(await both).toEqual(new Set([other.id, held.id]));
    expect(await idsIn(held)).toEqual(["<both@x>", "<first@x>", "<one@x>", "<three@x>", "<two@x>"]);
    expect(await idsIn(other)).toContain("<both@x>");
  });

  it("mail that needs it is refused within its bound, and stored when it is sent again", async () => {
    const receiver = receiverWith(0);
    const [held, other] = [await makeHome(receiver), await makeHome(receiver)];
    await arrive(receiver, "first", [held]);
    await hold(held);
    const waiting = ["one", "two", "three"].map((id) => arrive(receiver, id, [held], rest));
    const outcomes = await Promise.allSettled([...waiting, arrive(receiver, "four", [other])]);
    expect(outcomes).toEqual([
      ...waiting.map(() => ({
        status: "rejected",
        reason: expect.objectContaining({ code: "service.unavailable" }),
      })),
      { status: "fulfilled", value: new Set([other.id]) },
    ]);
    expect(await idsIn(held)).toEqual(["<first@x>"]);
    expect(await idsIn(other)).toEqual(["<four@x>"]);
    await stopped.query("rollback");
    await arrive(receiver, "one", [held], rest);
    expect(await idsIn(held)).toEqual(["<first@x>", "<one@x>"]);
  });
});

it("mail of one group that answers mail left out of it, or repeats it, is stored as if it had come later", async () => {
  const receiver = receiverWith();
  const [held, other] = [await makeHome(receiver), await makeHome(receiver)];
  await arrive(receiver, "first", [held, other]);
  await stopped.query("select from threads where inbox_id = $1 for update", [held.id]);
  const answer = "In-Reply-To: <first@x>\r\n\r\nHi\r\n";
  const all = [
    arrive(receiver, "left-out", [held, other], answer),
    arrive(receiver, "left-out", [other], answer),
    arrive(receiver, "later", [other], "In-Reply-To: <left-out@x>\r\nReferences: <first@x>\r\n\r\nHi\r\n"),
    arrive(receiver, "unrelated", [held]),
  ];
  await Promise.all(all.slice(1));
  await someoneWaits();
  expect(await idsIn(held)).toEqual(["<first@x>", "<unrelated@x>"]);
  await stopped.query("rollback");
  await Promise.all(all);
  expect(await idsIn(held)).toEqual(["<first@x>", "<left-out@x>", "<unrelated@x>"]);
  expect(await idsIn(other)).toEqual(["<first@x>", "<later@x>", "<left-out@x>"]);
  const { threadId } = await read(other, "<first@x>");
  expect(new Set((await list(other)).map((message) => message.threadId))).toEqual(new Set([threadId]));
});

/** What a commit on a slow disk does: it takes 400 ms, and its locks are held. */
const slowCommits = `
  create function slow_commit() returns trigger language plpgsql as $$ begin
    if current_setting('test.slept', true) is distinct from pg_current_xact_id()::text then
      perform set_config('test.slept', pg_current_xact_id()::text, true), pg_sleep(0.4);
    end if;
    return null;
  end $$;
  create constraint trigger slow_commit after insert on messages deferrable initially deferred
    for each row execute function slow_commit()`;

it("where a commit takes longer than others usually wait for its locks, mail that two processes receive for one inbox is stored", async () => {
  const receivers = [receiverWith(8000), receiverWith(8000)];
  const [home] = await Promise.all(receivers.map(makeHome));
  if (home === undefined) throw new Error("no inbox");
  await stopped.query(`commit; ${slowCommits}`);
  try {
    const ids = Array.from({ length: 40 }, (_, index) => index);
    const mails = receivers.flatMap((receiver, process) =>
      ids.map((id) => arrive(receiver, `slow-${process}-${id}`, [home])),
    );
    await Promise.all(mails);
  } finally {
    await stopped.query("drop trigger slow_commit on messages; drop function slow_commit");
  }
  expect(await idsIn(home)).toHaveLength(80);
});
