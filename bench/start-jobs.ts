import { setTimeout as pause } from "node:timers/promises";
import type pg from "pg";

/** Two minutes, many times what the jobs of a start take beside a million messages. */
const MOST_MS = 120_000;
const LOOK_MS = 200;

/**
 * Waits for the jobs of a start: they sweep and count all that an installation holds, seconds of both cores beside a million messages, and
 * whatever is measured meanwhile is as slow as a start. @throws Error when they take too long
 */
export async function startJobsDone(client: pg.Client): Promise<void> {
  const until = performance.now() + MOST_MS;
  while (performance.now() < until) {
    const { rowCount } = await client.query("select from graphile_worker.jobs where run_at <= now() limit 1");
    if (rowCount === 0) return;
    await pause(LOOK_MS);
  }
  throw new Error(`the jobs of the start were not done within ${MOST_MS / 1000} s`);
}
