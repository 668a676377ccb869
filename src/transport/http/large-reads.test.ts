/** Requests that read much of the database at once: a few read, the others wait or are refused before they do. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import { openLoopTurns } from "../../../test/support/loop-turns.ts";
import { openTestDoor, type TestDoor } from "../../../test/support/test-door.ts";
import { createDoor, type Door } from "../../domain/door/door.ts";
import { createLimitsInForce } from "../../domain/guardrails/policies/index.ts";
import { LARGE_READ_BYTES } from "../../domain/limits.ts";
import { createNewcomers } from "../../domain/tenancy/sign-ups/index.ts";
import { systemClock } from "../../lib/clock.ts";
import { createHeapBudget, type HeapBudget } from "../../lib/heap-budget.ts";
import { createLog } from "../../lib/log.ts";
import { createHttpApp } from "./app.ts";
import { createConnectionPlaces } from "./connection-places.ts";
import { HEAP_PER_READ_BYTE, LARGE_DOWNLOADS_READ, MAX_BODY_BYTES_HELD } from "./limits.ts";
import { createShares } from "./shares.ts";
import { v0 } from "./v0/index.ts";

const MB = 1024 * 1024;
const TEXT = "a line of some length\n".repeat(80_000);

let t: TestDoor;
/** One that takes more than a megabyte. */
let door: Door;
let inbox: string;
/** Bytes of heap that are held now, and that were at most. */
const heap = { now: 0, most: 0 };
beforeAll(async () => {
  t = await openTestDoor();
  const { lent } = t.parts;
  const limits = { ...lent.installation.limits, attachmentBytes: 8 * MB, messageBytes: 8 * MB };
  const installation = { ...lent.installation, limits, maxMessageBytes: 8 * MB };
  door = createDoor({
    ...t.parts,
    lent: { ...lent, installation, limitsInForce: createLimitsInForce(limits) },
  });
});
afterAll(() => t.close());

function counted(budget: HeapBudget): HeapBudget {
  return {
    totalBytes: budget.totalBytes,
    tryReserve(tenant, bytes) {
      const reserved = budget.tryReserve(tenant, bytes);
      if (reserved === null) return null;
      heap.now += bytes;
      heap.most = Math.max(heap.most, heap.now);
      let held = bytes;
      return {
        tryGrow: (more) => reserved.tryGrow(more),
        release() {
          reserved.release();
          heap.now -= held;
          held = 0;
        },
      };
    },
  };
}

/** The app with so much heap for what is read and sent. */
function appWith(heapBytes: number) {
  heap.most = heap.now;
  const memory = {
    heap: counted(createHeapBudget(heapBytes)),
    bodyBytes: MAX_BODY_BYTES_HELD,
    downloadBytes: MAX_BODY_BYTES_HELD,
  };
  const turns = openLoopTurns();
  const shares = createShares({
    places: createConnectionPlaces({ proxies: [], monotonicMs: () => 0 }),
    ...{ memory, turns },
    monotonicMs: () => systemClock.monotonicMs(),
    isProxy: () => false,
    pause: async () => undefined,
  });
  const app = createHttpApp({
    ...{ ...t, door, memory, turns, shares },
    newcomers: createNewcomers({ ...t.parts.lent, database: t.database, clock: systemClock, isOpen: false }),
    dialects: [v0],
    version: "test",
    publicUrl: null,
    download: { ...t, clock: systemClock },
    log: createLog("silent"),
    newId: () => "an-id",
    clock: systemClock,
    proxies: [],
    checkReady: async () => undefined,
  });
  const call = async (path: string, body?: object): Promise<Response> =>
    app.request(path, {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization: `Bearer ${t.rootToken}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  return { call, shares };
}

/** Gives what a call is answered with. */
async function given(call: ReturnType<typeof appWith>["call"], path: string, body: object) {
  const answer = await call(path, body);
  expect(answer.status).toBe(200);
  // The fields that are looked at are texts.
  return (await answer.json()) as Record<string, string>;
}

/** Paths of what is read, by what it is, with a text. */
async function stored(text: string) {
  const { call } = appWith(MAX_BODY_BYTES_HELD);
  inbox ??= (await given(call, "/v0/inboxes", { username: "large" }))["inbox_id"] ?? "";
  const base = `/v0/inboxes/${inbox}`;
  const mail = { to: inbox, subject: "large", text };
  const sent = await given(call, `${base}/messages/send`, mail);
  const draft = await given(call, `${base}/drafts`, mail);
  const message = `${base}/messages/${encodeURIComponent(sent["message_id"] ?? "")}`;
  return {
    message,
    thread: `${base}/threads/${sent["thread_id"]}`,
    draft: `${base}/drafts/${draft["draft_id"]}`,
    forward: `${message}/forward`,
    reply: `${message}/reply`,
  };
}

const bodyOf = (kind: string) =>
  kind === "forward" || kind === "reply" ? { to: inbox, text: "see below" } : undefined;

it.each(["message", "thread", "draft", "forward"] as const)(
  "a large %s waits for its tenant's turn, and a small one does not",
  async (kind) => {
    const { call, shares } = appWith(MAX_BODY_BYTES_HELD);
    const [large, small] = [await stored(TEXT), await stored("small")];
    const tenant = t.organizationId;
    const { reading } = shares.unread;
    const permits = LARGE_DOWNLOADS_READ / 2;
    for (let read = 0; read < permits; read++) await reading.acquire(tenant);
    const waiting = call(large[kind], bodyOf(kind));
    await eventually("it waits", async () => reading.waiting() === 1);
    expect((await call(small[kind], bodyOf(kind))).status).toBe(200);
    for (let read = 0; read < permits; read++) reading.release(tenant);
    const answer = await waiting;
    expect([answer.status, reading.waiting(), heap.now]).toEqual([200, 0, 0]);
    // Twice: as it is, and without history.
    if (kind === "message") expect((await answer.text()).length).toBeGreaterThan(2 * TEXT.length);
    expect(heap.most).toBeGreaterThan(TEXT.length);
  },
);

it("many large messages read at once take no more than there is, and are refused with a time to try again", async () => {
  const bytes = 2 * TEXT.length * HEAP_PER_READ_BYTE;
  const { message } = await stored(TEXT);
  const { call } = appWith(bytes + MB);
  const answers = await Promise.all(Array.from({ length: 12 }, () => call(message)));
  const refused = answers.filter(({ status }) => status === 503);
  expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
  expect(answers.every(({ status }) => status === 200 || status === 503)).toBe(true);
  for (const answer of refused) expect(answer.headers.get("retry-after")).toEqual(expect.any(String));
  expect([heap.most >= TEXT.length, heap.most <= bytes + MB, heap.now]).toEqual([true, true, 0]);
  expect((await call(message)).status).toBe(200);
});

it("what is being read elsewhere refuses a large message, and no small one", async () => {
  const [large, small] = [await stored(TEXT), await stored("small")];
  const { call, shares } = appWith(8 * MB);
  const other = shares.unread.largeRead("another tenant");
  await other.room(3 * MB);
  const refused = await call(large.message);
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, expect.any(String)]);
  expect(await refused.json()).toMatchObject({ message: "Too many large messages are read at once" });
  for (const path of Object.values({ ...small, forward: small.message, reply: small.message }))
    expect((await call(path)).status).toBe(200);
  other.release();
  expect((await call(large.message)).status).toBe(200);
});

it("an answer to a large message reads its head alone", async () => {
  const { reply } = await stored(TEXT);
  const { call } = appWith(MAX_BODY_BYTES_HELD);
  expect((await call(reply, bodyOf("reply"))).status).toBe(200);
  expect(heap.most).toBe(0);
});

it("the text is larger than what is read without asking", () => {
  expect(TEXT.length).toBeGreaterThan(LARGE_READ_BYTES);
});
