import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { firstPage } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createAuthenticator, systemScope } from "../../door/access/index.ts";
import { createInbox } from "../inboxes/index.ts";
import { createPod, suspendPod } from "../pods/index.ts";
import {
  confirmReceipt,
  createApiKey,
  deleteApiKey,
  getApiKey,
  listApiKeys,
  type Rotated,
  rotateKeys,
} from "./index.ts";
import { ROTATED_KEYS } from "./limits.ts";

const HOUR_MS = 3_600_000;

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

/** A clock that is set by hand, and a process that remembers keys. */
function remembering() {
  const set = { at: new Date() };
  const clock = { ...t.parts.clock, now: () => set.at };
  const authenticator = createAuthenticator(t.database, clock, () => undefined);
  authenticator.listening(true);
  return { authenticator, set };
}

let count = 0;
async function tenant(names: readonly string[] = ["agent"]) {
  const slug = `tenant-${++count}`;
  const { id: pod } = await t.run(t.rootToken, createPod, {}, { clientId: slug });
  const { address: inbox } = await t.run(t.rootToken, createInbox, { pod }, {});
  const keys = [];
  for (const name of names)
    keys.push(
      await t.run(t.rootToken, createApiKey, { inbox }, { name, permissions: { message_read: true } }),
      await t.run(t.rootToken, createApiKey, { pod }, { name }),
    );
  return { slug, pod, inbox, keys };
}

/** All batches, each with its receipt confirmed, as a client does once the secrets are stored. */
async function rotate(
  input: { names?: readonly string[]; tenants?: readonly string[] | null; overlapSeconds?: number },
  { by = t.rootToken, confirms = true } = {},
): Promise<Rotated[]> {
  const runs: Rotated[] = [];
  let from: Rotated["next"] = null;
  do {
    const given = { names: ["agent"], tenants: null, overlapSeconds: 0, ...input, from };
    const run: Rotated = await t.run(by, rotateKeys, {}, given);
    runs.push(run);
    const { receiptId } = run;
    if (receiptId !== null && confirms) {
      const actor = await t.authenticator.authenticate(t.rootToken);
      await t.database.transaction(actor.scope, (tx) => confirmReceipt(tx, actor.scope, receiptId));
    }
    from = run.next;
  } while (from !== null);
  return runs;
}

const keysOf = async (pod: string) =>
  (await t.run(t.rootToken, listApiKeys, { pod }, { page: { ...firstPage, limit: 100 }, exact: false }))
    .items;

describe("keys that are rotated", () => {
  it("get new secrets under the same name, scope and permissions; the old ones work until the overlap ends, and die by themselves", async () => {
    const { slug, inbox, keys } = await tenant();
    const other = await tenant();
    const { authenticator, set } = remembering();
    const [run] = await rotate({ tenants: [slug], overlapSeconds: 3600 });
    expect(run?.rotations).toHaveLength(2);
    expect(run?.failures).toEqual([]);
    for (const [index, { key, secret }] of keys.entries()) {
      const rotation = run?.rotations.find(({ replacedId }) => replacedId === key.id);
      if (rotation === undefined) throw new Error("a key was left out");
      expect(rotation).toMatchObject({ tenant: slug, minted: { key: { name: "agent", podId: key.podId } } });
      expect(rotation.minted.key).toMatchObject({
        inboxId: key.inboxId,
        permissions: key.permissions,
        expiresAt: null,
        inboxAddress: index === 0 ? inbox : null,
      });
      for (const token of [secret, rotation.minted.secret]) await authenticator.authenticate(token);
      const old = await t.run(t.rootToken, getApiKey, {}, { id: key.id, exact: false });
      expect(old.name).toMatch(/^agent \(replaced /);
      set.at = new Date(Date.now() + HOUR_MS + 1000);
      await expect(authenticator.authenticate(secret)).rejects.toMatchObject({ code: "auth.expired_key" });
      await authenticator.authenticate(rotation.minted.secret);
      set.at = new Date();
    }
    for (const { secret } of other.keys) await t.authenticator.authenticate(secret);
  });

  it("with an overlap of nothing are dead with the answer", async () => {
    const { slug, keys } = await tenant();
    await rotate({ tenants: [slug] });
    for (const { secret } of keys)
      await expect(t.authenticator.authenticate(secret)).rejects.toMatchObject({ code: "auth.expired_key" });
  });

  it("are those of the names given, of pods with a client_id that are not suspended", async () => {
    const [named, suspended] = [await tenant(["agent", "other"]), await tenant()];
    const nameless = await t.seed.pod();
    const { secret } = await t.run(t.rootToken, createApiKey, { pod: nameless }, { name: "agent" });
    await t.run(t.rootToken, suspendPod, { pod: suspended.pod }, {});
    const runs = await rotate({});
    const replaced = runs.flatMap(({ rotations }) => rotations.map(({ replacedId }) => replacedId));
    const [inboxAgent, podAgent, ...others] = named.keys.map(({ key }) => key.id);
    expect(replaced).toEqual(expect.arrayContaining([inboxAgent, podAgent]));
    for (const id of [...others, ...suspended.keys.map(({ key }) => key.id)])
      expect(replaced).not.toContain(id);
    await t.authenticator.authenticate(secret);
  });

  it("again, after an answer that was lost, leave one key of the name and no secret that nobody has", async () => {
    const { slug, pod, keys } = await tenant();
    const options = { tenants: [slug], overlapSeconds: 3600 };
    const [lost] = await rotate(options, { confirms: false });
    const [second] = await rotate(options);
    expect(second?.rotations).toHaveLength(2);
    for (const { minted } of lost?.rotations ?? [])
      await expect(t.authenticator.authenticate(minted.secret)).rejects.toMatchObject({
        code: "auth.unknown_key",
      });
    for (const { replacedExpiresAt } of second?.rotations ?? []) expect(replacedExpiresAt).toBeNull();
    // Those in use work on until the first overlap ends.
    for (const { secret } of keys) await t.authenticator.authenticate(secret);
    expect((await keysOf(pod)).filter(({ name }) => name === "agent")).toHaveLength(2);
    expect(await keysOf(pod)).toHaveLength(4);
  });

  it("of more than a batch come batch after batch, each key once", async () => {
    const slug = `tenant-${++count}`;
    const { id: pod } = await t.run(t.rootToken, createPod, {}, { clientId: slug });
    const wanted = ROTATED_KEYS + 3;
    await t.behind((tx) =>
      sql`insert into api_keys (id, organization_id, pod_id, name, prefix, secret_sha256, created_at, updated_at)
        select ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, ${t.organizationId}::uuid, ${pod}::uuid, 'many', 'am_us_pod_',
          sha256(n::text::bytea), now(), now()
        from generate_series(1, ${wanted}::integer) as n`.execute(tx.within(systemScope)),
    );
    const runs = await rotate({ names: ["many"], tenants: [slug] });
    expect(runs.map(({ rotations }) => rotations.length)).toEqual([ROTATED_KEYS, 3]);
  });
});

describe("rotating", () => {
  it("is for keys of the organization that may read, make and change keys, and never gives more than they hold or longer", async () => {
    const { slug, pod, keys } = await tenant();
    const input = { names: ["agent"], tenants: [slug], overlapSeconds: 0, from: null };
    const { token: ofPod } = await t.seed.key({ pod });
    expect((await t.refusal(ofPod, rotateKeys, {}, input)).code).toBe("scope.forbidden");
    const needed = ["api_key_read", "api_key_create", "api_key_update"] as const;
    for (const missing of needed) {
      const { token } = await t.seed.key({}, ...needed.filter((permission) => permission !== missing));
      expect((await t.refusal(token, rotateKeys, {}, input)).code).toBe("permission.missing");
    }
    const { token: narrow } = await t.seed.key({}, ...needed, "message_read");
    const [run] = await rotate({ tenants: [slug] }, { by: narrow });
    // The pod's key is unrestricted, which this one is not.
    expect(run?.rotations.map(({ replacedId }) => replacedId)).toEqual([keys[0]?.key.id]);
    expect(run?.failures).toMatchObject([
      { tenant: slug, key: { id: keys[1]?.key.id }, failure: { code: "permission.unrestricted_required" } },
    ]);
    for (const overlapSeconds of [-1, 0.5, 2_592_001])
      expect(await t.refusal(t.rootToken, rotateKeys, {}, { ...input, overlapSeconds })).toMatchObject({
        details: { path: ["overlapSeconds"] },
      });
  });

  it("says which tenants there are not, and leaves an audit row of each key that was replaced", async () => {
    const { slug, pod, keys } = await tenant();
    const [run] = await rotate({ tenants: [slug, "nobody"] });
    expect(run?.failures).toMatchObject([
      { tenant: "nobody", key: null, failure: { code: "pod.not_found" } },
    ]);
    const { rows } = await t.behind((tx) =>
      sql<{
        target: string;
      }>`select target from audit where pod_id = ${pod} and operation = 'api_key.rotate'`.execute(
        tx.within(systemScope),
      ),
    );
    expect(rows.map(({ target }) => target).toSorted()).toEqual(keys.map(({ key }) => key.id).toSorted());
  });

  it("keeps the time at which a key was to die", async () => {
    const { slug, pod } = await tenant([]);
    const expiresAt = new Date(Date.now() + HOUR_MS);
    const { key } = await t.run(t.rootToken, createApiKey, { pod }, { name: "agent", expiresAt });
    const [run] = await rotate({ tenants: [slug], overlapSeconds: 7200 });
    expect(run?.rotations).toMatchObject([
      { replacedId: key.id, replacedExpiresAt: expiresAt, minted: { key: { expiresAt } } },
    ]);
    await t.run(t.rootToken, deleteApiKey, {}, { id: key.id, exact: false });
  });
});
