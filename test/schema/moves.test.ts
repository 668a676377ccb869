/** Every table that names an inbox and its pod moves, stays, or goes when the inbox moves (docs/decisions/0029-moves.md); most say in their migration that they move. */
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { readPlacements } from "./placement.ts";

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

/** Rows that go along with those that they hang on: rookery_move_mail, rookery_move_drafts, rookery_move_files and rookery_move_events. */
const withMail = [
  "threads",
  "messages",
  "attachments",
  "outbound_deliveries",
  "message_search",
  "search_queue",
];
const withDrafts = ["drafts", "draft_attachments"];
const withFiles = ["files", "file_pieces"];
const withEvents = ["events", "webhook_deliveries", "webhook_attempts", "polling_events"];
/** rookery_move_metrics. */
const withCounts = ["event_counts", "usage_history"];
/** What happened in a pod is on record there. */
const staying = ["audit"];
/** Deleted with the row of the inbox in its old pod. What an inbox holds is summed anew in the new one. */
const going = ["storage_counts"];

test("each distributed table of inboxes moves, stays or goes", async () => {
  const distributed = (await readPlacements()).flatMap(({ table, placement }) =>
    placement.kind === "distributed" ? [table] : [],
  );
  const { rows } = await client.query<{ names: string[]; moving: string[] }>(
    `select rookery_moving_tables() as moving, array(
       select table_name::text from information_schema.columns where table_schema = 'public' and table_name = any ($1)
         and column_name in ('pod_id', 'inbox_id')
       group by 1 having count(*) = 2) as names`,
    [distributed],
  );
  const [found] = rows;
  const withIt = [...withMail, ...withDrafts, ...withFiles, ...withEvents, ...withCounts];
  const placed = [...withIt, ...staying, ...going, ...(found?.moving ?? [])];
  expect(found?.names.toSorted()).toEqual(placed.toSorted());
});
