/** Lists by labels. Among thousands of messages, whether rows are read in order or looked up, the pages are those of the whole list. */
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { allMessages, allThreads, firstPage } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { mintScope } from "../../door/access/scope.ts";
import type { Cursor, Page } from "../../door/cursor.ts";
import { listMessages } from "../messages/index.ts";
import { listThreads } from "../threads/index.ts";
import { carrying } from "./rows.ts";

/** Several of the steps in which rookery_labelled_rows reads a list, and more with one label than it looks up (2,000). */
const MESSAGES = 2700;
/** Which of them have a label, by their number: the newest is 1. */
const labelled: Readonly<Record<string, (n: number) => boolean>> = {
  half: (n) => n % 2 === 0,
  third: (n) => n % 3 === 0,
  some: (n) => n % 90 === 0,
  newest: (n) => n <= 40,
  oldest: (n) => n > MESSAGES - 3,
  older: (n) => n > 600,
};
/** In no list that does not ask for it. */
const isSpam = (n: number): boolean => n % 7 === 0;

let t: TestDoor;
let pod: string;
let inbox: string;
beforeAll(async () => {
  t = await openTestDoor();
  pod = await t.seed.pod();
  inbox = (await t.seed.inbox(pod)).address;
  const beside = (await t.seed.inbox(pod)).address;
  const arrive = mailInto(t);
  for (const address of [inbox, beside]) await arrive(address, { id: "<copied@x>" });
  await t.behind(async (tx) => {
    const labels = (n: number): string[] => [
      "received",
      ...Object.keys(labelled).filter((label) => labelled[label]?.(n)),
      ...(isSpam(n) ? ["spam"] : []),
    ];
    const rows = JSON.stringify(
      Array.from({ length: MESSAGES }, (_, at) => ({ n: at + 1, labels: labels(at + 1) })),
    );
    // Copies of its rows, as thousands of mails by SMTP take a minute. Four have the same time, so that ids decide.
    const copy = (table: string, own: string) =>
      sql.raw(`insert into ${table} select copied.*
        from ${table} as t cross join json_to_recordset('${rows}') as one (n integer, labels text[])
        cross join lateral json_populate_record(t, json_build_object('id', md5('${table}' || n)::uuid,
          'timestamp', timestamptz '2026-06-01' - make_interval(secs => n / 4), 'subject', 'number ' || n, 'labels', one.labels, ${own})) as copied
        where t.inbox_id = (select inbox_id from addresses where address = '${inbox}')`);
    const db = tx.within(systemScope);
    await copy("threads", "'last_message_id', '<' || n || '@x>'").execute(db);
    await copy(
      "messages",
      "'thread_id', md5('threads' || n)::uuid, 'message_id', '<' || n || '@x>', 'sent_message_id', null",
    ).execute(db);
  });
});
afterAll(() => t.close());

type List = (
  labels: readonly string[],
  page: typeof firstPage,
) => Promise<Page<{ readonly subject: string | null }>>;
const lists: Readonly<Record<string, List>> = {
  "an inbox's messages": (labels, page) =>
    t.run(t.rootToken, listMessages, { inbox }, { ...allMessages, labels, page }),
  "an inbox's threads": (labels, page) =>
    t.run(t.rootToken, listThreads, { inbox }, { ...allThreads, labels, page }),
  "a pod's threads": (labels, page) =>
    t.run(t.rootToken, listThreads, { pod }, { ...allThreads, labels, page }),
  "everybody's threads": (labels, page) =>
    t.run(t.rootToken, listThreads, {}, { ...allThreads, labels, page }),
};

/** Numbers of the rows, page after page. */
async function numbersOf(
  list: List,
  labels: readonly string[],
  page: Partial<typeof firstPage>,
): Promise<number[]> {
  const numbers: number[] = [];
  for (let after: Cursor | null = null, pages = 0; ; pages++) {
    const { items, next }: Page<{ readonly subject: string | null }> = await list(labels, {
      ...firstPage,
      ...page,
      after,
    });
    numbers.push(...items.map(({ subject }) => Number(subject?.split(" ")[1])));
    if (next === null) return numbers;
    expect(pages).toBeLessThan(MESSAGES);
    after = next;
  }
}

const expected = (...labels: string[]): number[] =>
  Array.from({ length: MESSAGES }, (_, at) => at + 1).filter(
    (n) => !isSpam(n) && labels.every((label) => labelled[label]?.(n)),
  );
const sorted = (numbers: readonly number[]): number[] => numbers.toSorted((a, b) => a - b);

describe.each(Object.keys(lists))("%s by labels", (name) => {
  const list = lists[name] as List;
  it.each([
    [["half"], 1000],
    [["some"], 10],
    [["some"], 100],
    [["newest"], 50],
    [["newest"], 10],
    [["oldest"], 2],
    [["older"], 1000],
    [["older", "newest"], 50],
    [["half", "third", "some"], 4],
    [["nobody's"], 50],
  ] as const)("%j, %i a page", async (labels, size) => {
    const down = await numbersOf(list, labels, { size });
    expect(sorted(down)).toEqual(expected(...labels));
    expect(await numbersOf(list, labels, { size, ascending: true })).toEqual(down.toReversed());
    // In the order of time; the ids of four with one time are no numbers.
    expect(down.map((n) => n >> 2)).toEqual(sorted(down).map((n) => n >> 2));
  });
});

it("with spam where it is asked for", async () => {
  const included = { spam: true };
  const asked = { ...allMessages, included, labels: ["newest", "spam"] };
  const { items } = await t.run(t.rootToken, listMessages, { inbox }, asked);
  expect(items).toHaveLength(5);
});

it("between two times, and of a subject besides", async () => {
  const at = (n: number): Date => new Date(Date.parse("2026-06-01T00:00:00Z") - (n >> 2) * 1000);
  const narrowed = { ...allThreads, before: at(400), after: at(1200) };
  const numbers = async (more: object): Promise<number[]> =>
    (await t.run(t.rootToken, listThreads, { pod }, { ...narrowed, ...more })).items.map(({ subject }) =>
      Number(subject?.split(" ")[1]),
    );
  const within = (n: number): boolean => n >> 2 > 100 && n >> 2 < 300;
  expect(sorted(await numbers({ labels: ["some"] }))).toEqual(expected("some").filter(within));
  for (const labels of [["some"], ["half"], ["older", "third"], ["newest"]])
    expect(sorted(await numbers({ labels, subject: ["number 9"] }))).toEqual(
      expected(...labels).filter((n) => within(n) && n.toString().startsWith("9")),
    );
});

it.each(["messages", "threads"] as const)(
  "labels of %s are looked at before row-level security, which costs each row far more",
  async (table) => {
    const scope = mintScope(t.organizationId, null, null);
    const plan = await t.database.transaction(scope, (tx) =>
      sql<{ "QUERY PLAN": string }>`explain select id from ${sql.table(table)}
        where pod_id = ${t.organizationId} and ${carrying(`${table}.labels`, ["rare"])}`.execute(
        tx.within(scope),
      ),
    );
    const filter = plan.rows.map((row) => row["QUERY PLAN"]).find((line) => line.includes("Filter:")) ?? "";
    const places = ["labels[1]", "rookery.organization_id", "@>"].map((text) => filter.indexOf(text));
    expect(places).not.toContain(-1);
    expect(places.toSorted((a, b) => a - b)).toEqual(places);
  },
);
