/** A batch of domains comes out as single creates would, one after the other, whichever owners they are for. */
import fc from "fast-check";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { dkimAlgorithms, generateDkimKeyPair } from "../../../protocols/dkim/index.ts";
import { systemScope } from "../../door/access/index.ts";
import type { Outcome } from "../../door/batch.ts";
import { createDoor, type Door } from "../../door/door.ts";
import { Failure } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { type CreateDomain, createDomain, type Domain } from "./index.ts";
import { MAX_UNVERIFIED_DOMAINS } from "./limits.ts";
import { makeDomains, planDomain } from "./make.ts";

/** In the pod of this number; null: for the organization. */
interface Wanted {
  readonly pod: number | null;
  readonly input: CreateDomain;
}

interface World extends TestDoor {
  readonly quick: Door;
  readonly pods: readonly string[];
  readonly seen: Set<string>;
}

/** Room that the pod with the number 0 has left. */
const ROOM = 3;

let batches: World;
let singles: World;
beforeAll(async () => {
  const pairs = await Promise.all(dkimAlgorithms.map(generateDkimKeyPair));
  const open = async (): Promise<World> => {
    const t = await openTestDoor();
    const pods: string[] = [];
    for (let count = 0; count < 2; count++) pods.push(await t.seed.pod());
    await t.behind((tx) =>
      sql`insert into domains (id, organization_id, pod_id, domain, status, feedback_enabled, subdomains_enabled,
          tracking_enabled, dkim_selector, dkim_public_key, dkim_private_key_sealed, created_at, updated_at)
        select gen_random_uuid(), ${t.organizationId}::uuid, ${pods[0]}::uuid, 'full-' || n || '.com', 'PENDING', true,
          false, false, 'rk', 'key', 'sealed', now(), now()
        from generate_series(1, ${MAX_UNVERIFIED_DOMAINS - ROOM}::integer) as n`.execute(
        tx.within(systemScope),
      ),
    );
    // The same key for all: making them is not what is tried.
    const outside = {
      ...t.parts.outside,
      dkimKeys: async ({ count }: { count: number }) => Array(count).fill(pairs),
    };
    return { ...t, quick: createDoor({ ...t.parts, outside }), pods, seen: new Set() };
  };
  [batches, singles] = [await open(), await open()];
});
afterAll(async () => {
  await Promise.all([batches.close(), singles.close()]);
});

const createDomains = operation({
  name: "test.domains",
  needs: ["domain_create"],
  on: "organization",
  kind: "write",
  check: (wanted: readonly (CreateDomain & { inPod: string | null })[], { installation }) =>
    wanted.map(({ inPod, ...input }) => ({ inPod, plan: planDomain(input, installation) })),
  run: (context, wanted): Promise<Outcome<Domain>[]> =>
    makeDomains(
      context,
      wanted.map(({ inPod, plan }) => ({
        scope: inPod === null ? context.scope : context.scope.narrowToPod(inPod),
        plan,
      })),
    ),
});

const told = (world: World, outcome: Outcome<Domain>): unknown => {
  if (outcome.kind === "failed") return { code: outcome.failure.code, details: outcome.failure.details };
  const { podId, domain, clientId, trackingEnabled, status } = outcome.thing;
  return {
    kind: outcome.kind,
    pod: world.pods.indexOf(podId ?? ""),
    domain,
    clientId,
    trackingEnabled,
    status,
  };
};

const podOf = (world: World, { pod }: Wanted): string | null =>
  pod === null ? null : (world.pods[pod] ?? null);

async function asBatch(wanted: readonly Wanted[]): Promise<unknown[]> {
  const root = await batches.authenticator.authenticate(batches.rootToken);
  const inputs = wanted.map((one) => ({ ...one.input, inPod: podOf(batches, one) }));
  return (await batches.quick.run(createDomains, root, {}, inputs)).map((outcome) => told(batches, outcome));
}

async function asSingles(wanted: readonly Wanted[]): Promise<unknown[]> {
  const root = await singles.authenticator.authenticate(singles.rootToken);
  const create = async (one: Wanted): Promise<Outcome<Domain>> => {
    const pod = podOf(singles, one);
    try {
      const { domain } = await singles.quick.run(createDomain, root, pod === null ? {} : { pod }, one.input);
      const kind = singles.seen.has(domain.id) || domain.status === "PENDING" ? "found" : "made";
      singles.seen.add(domain.id);
      return { kind, thing: domain };
    } catch (error) {
      if (error instanceof Failure) return { kind: "failed", failure: error };
      throw error;
    }
  };
  const all: unknown[] = [];
  for (const one of wanted) all.push(told(singles, await create(one)));
  return all;
}

const domain = (run: number): fc.Arbitrary<Wanted> =>
  fc.record({
    pod: fc.constantFrom(0, 0, 1, null),
    input: fc
      .record({
        domain: fc.constantFrom("one.com", "two.com", "THREE.com", "four.com", "com", "full-1.com"),
        clientId: fc.option(fc.constantFrom("a", "b"), { nil: undefined, freq: 1 }),
        trackingEnabled: fc.boolean(),
      })
      .map(({ clientId, ...input }) => ({
        ...input,
        // New names as well as known ones, until the room is used up.
        domain: input.domain.replace("four", `four-${run % 7}`),
        ...(clientId !== undefined && { clientId: `${clientId}-${run % 5}` }),
      })),
  });

test("a batch of domains comes out as single creates do, with keys for those that were made and nothing left of others", async () => {
  const kinds = new Set<string | undefined>();
  const run = fc.nat({ max: 34 }).chain((number) => fc.array(domain(number), { minLength: 1, maxLength: 8 }));
  await fc.assert(
    fc.asyncProperty(run, async (wanted) => {
      const expected = await asSingles(wanted);
      expect(await asBatch(wanted)).toEqual(expected);
      for (const one of expected) kinds.add(JSON.stringify(one).match(/"(?:kind|code)":"([^"]+)"/)?.[1]);
    }),
    { seed: 0x5eed, numRuns: 40, endOnFailure: true },
  );
  expect([...kinds]).toEqual(
    expect.arrayContaining(["made", "found", "domain.taken", "limit.exceeded", "input.invalid"]),
  );
  for (const world of [batches, singles]) {
    const count = (work: string) => world.behind((tx) => sql.raw(work).execute(tx.within(systemScope)));
    const keyless =
      "select from domains d where domain not like 'full-%' and (select count(*) from dkim_keys where domain_id = d.id) <> 2";
    expect((await count(keyless)).rows).toEqual([]);
    const unmade =
      "select from client_ids c where kind like '%domain' and not exists (select from domains where id = c.resource_id)";
    expect((await count(unmade)).rows).toEqual([]);
  }
});
