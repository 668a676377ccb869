/**
 * Ten thousand tenants, each a pod with an inbox, a key to either and a webhook, in batches through the door; then all of
 * them again, when everything is found. In this process, on an embedded engine of its own, since no route makes batches.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Actor } from "../src/domain/door/access/index.ts";
import type { Door } from "../src/domain/door/door.ts";
import { createTenants, type NewTenant, type TenantOutcome } from "../src/domain/fleet/tenants/index.ts";
import { MAX_FLEET_BATCH } from "../src/domain/fleet/tenants/limits.ts";
import { startEmbedded } from "../src/storage/engines/embedded.ts";
import { migrate } from "../src/storage/migrate.ts";
import { openDoorOn } from "../test/support/test-door.ts";
import { timedRow } from "./cpu.ts";

const TENANTS = 10_000;
const OBJECTS_OF_TENANT = 5;
/** As in the server. */
const CONNECTIONS = 16;

const tenant = (index: number): NewTenant => ({
  pod: { name: `Tenant ${index}`, clientId: `tenant-${index}` },
  inboxes: [{ username: `support-${index}`, clientId: "support", keys: [{ name: "agent" }] }],
  keys: [{ name: "tenant" }],
  webhooks: [
    {
      url: `https://hooks.example.com/${index}`,
      eventTypes: ["message.received"],
      podIds: [],
      inboxIds: [],
      clientId: "events",
    },
  ],
});

const kindsOf = ({ pod, inboxes, keys, webhooks }: TenantOutcome): string[] =>
  [pod, ...inboxes.flatMap((one) => [one.inbox, ...one.keys]), ...keys, ...webhooks].map(({ kind }) => kind);

/** One batch after the other. @throws Error unless every object of every tenant came out as `expected` */
async function applyAll(door: Door, actor: Actor, expected: "made" | "found"): Promise<void> {
  for (let first = 0; first < TENANTS; first += MAX_FLEET_BATCH) {
    const tenants = Array.from({ length: MAX_FLEET_BATCH }, (_, index) => tenant(first + index));
    const kinds = (await door.run(createTenants, actor, {}, { tenants })).flatMap(kindsOf);
    const others = kinds.filter((kind) => kind !== expected);
    if (kinds.length !== MAX_FLEET_BATCH * OBJECTS_OF_TENANT || others.length > 0)
      throw new Error(`${others.length} of ${kinds.length} objects were not ${expected}`);
  }
}

/** @returns a row for the first run and one for the second */
export async function provisionTenants(directory: string): Promise<(readonly [string, string])[]> {
  const dataDir = join(directory, "tenants");
  await mkdir(dataDir);
  const engine = await startEmbedded({ dataDir, log: () => undefined });
  try {
    await migrate(engine);
    const opened = await openDoorOn(engine, CONNECTIONS);
    const actor = await opened.authenticator.authenticate(opened.rootToken);
    const rows = [
      await timedRow(dataDir, `${TENANTS} tenants`, TENANTS, () => applyAll(opened.door, actor, "made")),
      await timedRow(dataDir, "the same, all found", TENANTS, () => applyAll(opened.door, actor, "found")),
    ];
    await opened.close();
    return rows;
  } finally {
    await engine.stop();
  }
}
