/** A batch comes out as the single creates would, one after the other: tried on generated batches, in two installations alike. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { type Actor, systemScope } from "../../door/access/index.ts";
import type { Outcome } from "../../door/batch.ts";
import { Failure } from "../../door/failures.ts";
import type { Operation, TargetKind } from "../../door/operation.ts";
import type { At } from "../../door/targets.ts";
import { createWebhook } from "../../notify/webhooks/index.ts";
import { createApiKey } from "../../tenancy/api-keys/index.ts";
import { createDomain } from "../../tenancy/domains/index.ts";
import { createInbox } from "../../tenancy/inboxes/index.ts";
import { createPod } from "../../tenancy/pods/index.ts";
import { createTenants, type NewTenant } from "./index.ts";

/** One installation, with what tests call its objects by: the number of their first appearance. */
interface World extends TestDoor {
  readonly root: Actor;
  readonly restricted: Actor;
  readonly numbers: Map<string, number>;
  /** Keys by their holder and name. */
  readonly keys: Map<string, object>;
}

let batches: World;
let singles: World;
beforeAll(async () => {
  [batches, singles] = [await openWorld(), await openWorld()];
});
afterAll(async () => {
  await Promise.all([batches.close(), singles.close()]);
});

const held = [
  "pod_create",
  "inbox_create",
  "api_key_create",
  "api_key_read",
  "webhook_create",
  "message_read",
] as const;

async function openWorld(): Promise<World> {
  const t = await openTestDoor();
  for (const domain of ["verified.example", "started.example"])
    await t.run(t.rootToken, createDomain, {}, { domain });
  await t.behind((tx) =>
    tx
      .within(systemScope)
      .updateTable("domains")
      .set({ status: "VERIFIED" })
      .where("domain", "=", "verified.example")
      .execute(),
  );
  const { token } = await t.seed.key({}, ...held);
  return {
    ...t,
    root: await t.authenticator.authenticate(t.rootToken),
    restricted: await t.authenticator.authenticate(token),
    numbers: new Map(),
    keys: new Map(),
  };
}

const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 2 });

/** Leaves out what is undefined, as a route does. */
const given = <Shape extends object>(shape: fc.Arbitrary<Shape>) =>
  shape.map((one) => JSON.parse(JSON.stringify(one)));

const keys = fc.array(
  given(
    fc.record({
      name: maybe(fc.constantFrom("agent", "tenant", "")),
      permissions: maybe(fc.constantFrom(null, { message_read: true }, { pod_create: true })),
    }),
  ),
  { maxLength: 2 },
);

const tenant: fc.Arbitrary<NewTenant> = fc.record({
  pod: given(
    fc.record({
      name: maybe(fc.constantFrom("A tenant", "")),
      clientId: maybe(fc.constantFrom("one", "two", "three", "not one")),
    }),
  ),
  inboxes: fc.array(
    fc
      .tuple(
        given(
          fc.record({
            username: maybe(fc.constantFrom("a", "b", "C", "d", "@")),
            domain: maybe(
              fc.constantFrom("verified.example", "started.example", "nobody.example", "rookery.localhost"),
            ),
            clientId: maybe(fc.constantFrom("first", "second", "not one")),
          }),
        ),
        keys,
      )
      .map(([inbox, own]) => ({ ...inbox, keys: own })),
    { maxLength: 4 },
  ),
  keys,
  webhooks: fc.array(
    given(
      fc.record({
        url: fc.constantFrom("https://hooks.example.com/in", "no URL"),
        eventTypes: fc.constantFrom(["message.received"], ["message.received"], []),
        podIds: fc.constant([]),
        inboxIds: fc.constantFrom([], ["a@rookery.localhost"], ["b@verified.example", "a@rookery.localhost"]),
        clientId: maybe(fc.constantFrom("events", "others", "not one")),
      }),
    ),
    { maxLength: 3 },
  ),
});

/** What a caller can tell of an outcome in either installation: no ids, no random names. */
function told(world: World, outcome: Outcome<unknown>): unknown {
  if (outcome.kind === "failed") {
    const { suggestions, logDetail: _logDetail, ...details } = outcome.failure.details;
    return { code: outcome.failure.code, details, suggests: suggestions !== undefined };
  }
  // Decoder: a pod, an inbox, a key beside its secret, or a webhook.
  const thing = outcome.thing as { id: string; key?: { id: string } } & Record<string, unknown>;
  const own = (thing.key ?? thing) as Record<string, unknown>;
  const number = (id: unknown) => {
    if (typeof id !== "string") return null;
    if (!world.numbers.has(id)) world.numbers.set(id, world.numbers.size);
    return world.numbers.get(id);
  };
  return {
    kind: outcome.kind,
    numbers: [own["id"], own["podId"], own["inboxId"]].map(number),
    address: String(own["address"]).replace(/^[a-z]{4,}\d{3}@/, "generated@"),
    rest: ["name", "clientId", "permissions", "displayName", "url", "eventTypes", "scoped"].map(
      (field) => own[field],
    ),
  };
}

/** @returns what is told, in the order: pods, inboxes, keys of pods and inboxes, webhooks */
async function asBatch(actor: "root" | "restricted", tenants: readonly NewTenant[]): Promise<unknown[]> {
  const outcomes = await batches.door.run(createTenants, batches[actor], {}, { tenants });
  return [
    ...outcomes.map(({ pod }) => pod),
    ...outcomes.flatMap(({ inboxes }) => inboxes.map(({ inbox }) => inbox)),
    ...outcomes.flatMap(({ keys, inboxes }) => [...keys, ...inboxes.flatMap((one) => one.keys)]),
    ...outcomes.flatMap(({ webhooks }) => webhooks),
  ].map((outcome) => told(batches, outcome));
}

/** Runs a single create; what was seen before was found. */
async function create<Input, Thing extends object, Kind extends TargetKind>(
  operation: Operation<Input, Thing, Kind>,
  [actor, at]: readonly ["root" | "restricted", At | Failure],
  input: Input,
): Promise<Outcome<Thing>> {
  if (at instanceof Failure) return { kind: "failed", failure: at };
  try {
    const thing = await singles.door.run(operation, singles[actor], at, input);
    const id = String("id" in thing ? thing.id : "");
    return { kind: singles.numbers.has(id) ? "found" : "made", thing };
  } catch (error) {
    if (error instanceof Failure) return { kind: "failed", failure: error };
    throw error;
  }
}

const within = <Thing>(outcome: Outcome<Thing>, at: (thing: Thing) => At): At | Failure =>
  outcome.kind === "failed" ? outcome.failure : at(outcome.thing);

async function asSingles(actor: "root" | "restricted", tenants: readonly NewTenant[]): Promise<unknown[]> {
  const all: unknown[] = [];
  const add = <Thing>(outcome: Outcome<Thing>): Outcome<Thing> => {
    all.push(told(singles, outcome));
    return outcome;
  };
  const pods = [];
  for (const one of tenants)
    pods.push(within(add(await create(createPod, [actor, {}], one.pod)), ({ id }) => ({ pod: id })));
  const inboxes: (At | Failure)[][] = [];
  for (const [index, pod] of pods.entries()) {
    const own: (At | Failure)[] = [];
    for (const { keys: _keys, ...inbox } of tenants[index]?.inboxes ?? [])
      own.push(
        within(add(await create(createInbox, [actor, pod], inbox)), ({ podId, address }) => ({
          pod: podId,
          inbox: address,
        })),
      );
    inboxes.push(own);
  }
  const addKey = async (at: At | Failure, key: NewTenant["keys"][number]): Promise<void> => {
    const name = JSON.stringify([at, key.name ?? "API Key"]);
    const before = at instanceof Failure ? undefined : singles.keys.get(name);
    if (before !== undefined) return void add({ kind: "found", thing: before });
    const outcome = add(await create(createApiKey, [actor, at], key));
    if (outcome.kind !== "failed") singles.keys.set(name, outcome.thing);
  };
  for (const [index, pod] of pods.entries()) {
    for (const key of tenants[index]?.keys ?? []) await addKey(pod, key);
    for (const [place, inbox] of (tenants[index]?.inboxes ?? []).entries())
      for (const key of inbox.keys) await addKey(inboxes[index]?.[place] ?? {}, key);
  }
  for (const [index, pod] of pods.entries())
    for (const hook of tenants[index]?.webhooks ?? []) add(await create(createWebhook, [actor, pod], hook));
  return all;
}

/** Each takes some forty transactions; what they find is what those before them made. */
const RUNS = 40;

/** Creates of one name that differ in the rest: the first that can be made counts, with all that it says. */
const ofOneName: NewTenant = {
  pod: { clientId: "four" },
  inboxes: [
    { clientId: "first", domain: "verified.example", keys: [] },
    { clientId: "first", keys: [] },
    { clientId: "second", username: "@", keys: [] },
    { clientId: "second", username: "e", keys: [] },
    { clientId: "second", username: "f", keys: [] },
    { username: "f", keys: [] },
  ],
  keys: [],
  webhooks: [],
};

test("a batch of tenants comes out as single creates do, one after the other", async () => {
  const input = fc.tuple(
    fc.constantFrom("root" as const, "root" as const, "restricted" as const),
    fc.array(tenant, { minLength: 1, maxLength: 4 }),
  );
  const kinds = new Set<unknown>();
  await fc.assert(
    fc.asyncProperty(input, async ([actor, tenants]) => {
      const expected = await asSingles(actor, tenants);
      expect(await asBatch(actor, tenants)).toEqual(expected);
      for (const one of expected) kinds.add(JSON.stringify(one).match(/"(?:kind|code)":"([^"]+)"/)?.[1]);
    }),
    { numRuns: RUNS, endOnFailure: true, examples: [[["root", [ofOneName]]]] },
  );
  const reached = ["made", "found", "input.invalid", "inbox.taken", "inbox.not_found", "domain.not_verified"];
  expect([...kinds]).toEqual(
    expect.arrayContaining([...reached, "permission.escalation", "permission.unrestricted_required"]),
  );
});
