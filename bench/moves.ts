/**
 * An inbox of three thousand messages, which are indexed for search, moves to another pod, as a request and its job do it; then 500 small
 * inboxes in one request. In this process, on an embedded engine of its own, so that the CPU is theirs alone.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { indexTurn } from "../src/domain/mail/search/index.ts";
import { createInbox } from "../src/domain/tenancy/inboxes/index.ts";
import { assignInboxes, moveInbox, moveTurn } from "../src/domain/tenancy/moves/index.ts";
import { MAX_ASSIGNED } from "../src/domain/tenancy/moves/limits.ts";
import { startEmbedded } from "../src/storage/engines/embedded.ts";
import { migrate } from "../src/storage/migrate.ts";
import { bytesInto } from "../test/support/arriving-mail.ts";
import { openDoorOn, type TestDoor } from "../test/support/test-door.ts";
import { timedRow } from "./cpu.ts";
import type { Figures } from "./report.ts";
import type { ServerProcess } from "./server.ts";

const MESSAGES = 3000;
/** Words of each, of so many that there are, and how many answer the first of a thread. */
const WORDS = 250;
const VOCABULARY = 50_000;
const ANSWERS = 3;
/** Mails that arrive at once. */
const AT_ONCE = 256;
/** As in the server. */
const CONNECTIONS = 16;

function mailOf(address: string, index: number): Buffer {
  const first = index - (index % (ANSWERS + 1));
  const answers = index === first ? "" : `In-Reply-To: <${first}@bench.test>\r\n`;
  const head = `From: a@bench.test\r\nTo: ${address}\r\nSubject: ${first}\r\nMessage-ID: <${index}@bench.test>\r\n${answers}\r\n`;
  // The squares spread the words over all there are; a line has ten.
  const words = Array.from({ length: WORDS }, (_, word) => {
    const one = `w${(index * 7919 + word * word) % VOCABULARY}`;
    return word % 10 === 9 ? `${one}\r\n` : `${one} `;
  });
  return Buffer.from(head + words.join(""));
}

async function fill(t: TestDoor, address: string): Promise<void> {
  const arrive = bytesInto(t);
  for (let first = 0; first < MESSAGES; first += AT_ONCE)
    await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, MESSAGES - first) }, (_, index) =>
        arrive(address, mailOf(address, first + index)),
      ),
    );
}

async function index(t: TestDoor): Promise<void> {
  while ((await indexTurn(t.database, null)).count > 0);
}

export async function moves(_server: ServerProcess, directory: string): Promise<Figures> {
  const dataDir = join(directory, "moves");
  await mkdir(dataDir);
  const engine = await startEmbedded({ dataDir, log: () => undefined });
  await migrate(engine);
  const t = await openDoorOn(engine, CONNECTIONS);
  try {
    const [source, target] = [await t.seed.pod(), await t.seed.pod()];
    const inbox = await t.run(t.rootToken, createInbox, { pod: source }, {});
    const arrived = await timedRow(dataDir, `${MESSAGES} mails of ${WORDS} words arrive`, MESSAGES, () =>
      fill(t, inbox.address),
    );
    const indexed = await timedRow(dataDir, "they are indexed", MESSAGES, () => index(t));
    const moved = await timedRow(dataDir, "their inbox moves, messages", MESSAGES, async () => {
      await t.run(t.rootToken, moveInbox, { inbox: { id: inbox.id } }, { pod: { id: target } });
      await moveTurn(t, source, inbox.id);
    });
    const small: { id: string }[] = [];
    for (let index = 0; index < MAX_ASSIGNED; index++) small.push(await t.seed.inbox());
    const assigned = await timedRow(
      dataDir,
      `${MAX_ASSIGNED} empty inboxes in one request`,
      MAX_ASSIGNED,
      async () => {
        const assign = small.map(({ id }) => ({ id }));
        await t.run(t.rootToken, assignInboxes, { pod: { id: target } }, { assign, remove: [] });
      },
    );
    return { name: "moves: inboxes to another pod", rows: [arrived, indexed, moved, assigned] };
  } finally {
    await t.close();
    await engine.stop();
  }
}
