/**
 * A fleet through what may happen to it: kill -9 at random moments of an apply, each followed by one that finishes; and accounts that
 * it made are ordinary ones to everybody else.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDatabase, type TestDatabase } from "../support/database.ts";
import { applyConfirmed, type Line, stream } from "../support/fleet-client.ts";
import { nylasClient } from "../support/nylas.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";

let directory: string;
let database: TestDatabase;
let server: ServerProcess;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "rookery-fleet-"));
  database = await createDatabase();
  server = await start();
});
afterEach(async () => {
  await server.end();
  await database.drop();
  await rm(directory, { recursive: true, force: true });
});

/** Not on a PostgreSQL of its own, whose start after a kill is src/storage/engines/recovery.test.ts's and crash.test.ts's business; what is applied needs no other service. */
const start = (): Promise<ServerProcess> =>
  startServer(directory, { DATABASE_URL: database.url, ROOKERY_SERVICES: "http" });

const KILLS = 50;
/** Of each fleet: more than one batch takes. */
const TENANTS = 260;
/** Longest time before a kill: an apply of that many takes about as long. */
const MAX_KILL_MS = 600;

const fleet = (name: string) => ({
  version: 1,
  policies: { standard: { limits: { limit_count_daily_email_sent: 500 } } },
  defaults: {
    policy: "standard",
    inboxes: [{ role: "in", address: "{tenant}@rookery.localhost" }],
  },
  tenants: Array.from({ length: TENANTS }, (_, index) => ({
    slug: `${name}-${index}`,
    // A key to some of them: secrets are what an interruption may lose.
    ...(index % 10 === 0 && { keys: [{ name: "agent" }] }),
  })),
});
const keysOf = TENANTS / 10;

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test(
  `killed at ${KILLS} random moments, an apply is finished by the next one, with every secret in somebody's hands`,
  async () => {
    const seed = Number(process.env["FLEET_SEED"] ?? Date.now() % 1_000_000);
    console.log(`FLEET_SEED=${seed}`);
    const random = randomOf(seed);
    for (let kill = 0; kill < KILLS; kill++) {
      const document = fleet(`k${kill}`);
      /** As a client keeps them: what comes later under a name replaces what came before. */
      const kept = new Map<string, string>();
      const keep = (line: Line): void => {
        if (line["type"] === "secret") kept.set(`${line["tenant"]} ${line["name"]}`, String(line["api_key"]));
      };
      const cut = applyConfirmed(server, document, keep).catch(() => null);
      await pause(random() * MAX_KILL_MS);
      await server.kill();
      await cut;
      server = await start();
      const last = await applyConfirmed(server, document, keep);
      expect(last, `kill ${kill}`).toMatchObject({ type: "applied", tenants: TENANTS, failed_tenants: 0 });
      const after = await stream(server, "plan", { document });
      expect(after, `kill ${kill}`).toMatchObject({ type: "plan", unchanged: TENANTS, changes: {} });
      expect(kept.size).toBe(keysOf);
      const [token = ""] = [...kept.values()].slice(Math.floor(random() * keysOf));
      const me = await fetch(`${server.baseUrl}/v0/auth/me`, {
        headers: { authorization: `Bearer ${token}` },
      });
      expect(me.status, `kill ${kill}`).toBe(200);
      await me.arrayBuffer();
    }
  },
  15 * 60_000,
);

test("accounts that a fleet made are ordinary grants, with their workspace and its policy", async () => {
  await applyConfirmed(server, {
    version: 1,
    policies: { gold: { limits: { limit_count_daily_email_sent: 7 } } },
    defaults: { policy: "gold", inboxes: [{ role: "in", address: "{tenant}@rookery.localhost" }] },
    tenants: [{ slug: "acme" }],
  });
  const nylas = nylasClient(server.baseUrl, server.rootKey);
  const { data } = await nylas.grants.list();
  expect(data).toMatchObject([{ email: "acme@rookery.localhost", grantStatus: "valid" }]);
});
