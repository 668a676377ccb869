import { randomBytes } from "node:crypto";
import pg from "pg";
import { describe, expect, test } from "vitest";
import {
  type DataDirectory,
  emptyDirectory,
  prepared,
  secretFile,
  type TestInstallation,
  testInstallation,
} from "../../../../test/support/installation.ts";
import { sha256 } from "../../../lib/hash.ts";
import { createSealer } from "../../../lib/seal.ts";
import { openExternal } from "../../../storage/engines/external.ts";
import { migrate } from "../../../storage/migrate.ts";

const newKey = (): string => `am_us_${randomBytes(32).toString("hex")}`;

/** Which of these secrets open the organization. */
async function live(at: TestInstallation, ...secrets: (string | null)[]): Promise<boolean[]> {
  const rows = await at.query("select secret_sha256 from api_keys where pod_id is null");
  return secrets.map((secret) =>
    rows.some(({ secret_sha256 }) => secret !== null && sha256(secret).equals(secret_sha256 as Buffer)),
  );
}

const rootKeys = (at: TestInstallation): Promise<Record<string, unknown>[]> =>
  at.query("select id from api_keys where is_root");

/** A webhook as a start of before the canary left it, its secret sealed with this key. */
async function addWebhook(at: TestInstallation, sealKey: string): Promise<void> {
  const sealed = createSealer(Buffer.from(sealKey, "hex")).seal("whsec_x", "webhook-secret");
  await at.query(
    `insert into webhooks (id, organization_id, url, event_types, pod_ids, inbox_ids, secret_sealed, enabled, created_at, updated_at)
     select $1, id, 'https://example.com/', '{message.received}', '{}', '{}', $2, true, now(), now() from organizations`,
    [at.newId(), sealed],
  );
}

const forgetCanary = (at: TestInstallation) => at.query("update installation set seal_canary = null");

describe("the first start", () => {
  test("makes one organization, its Default Pod and one root key; the second changes nothing", async () => {
    const at = await testInstallation();
    const directory = emptyDirectory();
    const first = prepared(await at.start(directory));
    expect(first.rootKey).toMatchObject({ isNew: true, secret: directory.root.content });
    const before = await at.query("select * from api_keys, installation");
    const second = prepared(await at.start(directory));
    expect(second).toMatchObject({ organizationId: first.organizationId, sealKey: first.sealKey });
    expect(second.rootKey).toMatchObject({ isNew: false, secret: first.rootKey.secret });
    expect(await at.query("select * from api_keys, installation")).toEqual(before);
    expect(await at.query("select id from pods")).toEqual([{ id: first.organizationId }]);
  });

  test("of any number at once on one directory makes one of each", async () => {
    const at = await testInstallation();
    const directory = emptyDirectory();
    const all = await Promise.all(Array.from({ length: 8 }, () => at.start(directory)));
    expect(new Set(all.map((one) => prepared(one).organizationId)).size).toBe(1);
    expect(all.filter((one) => prepared(one).rootKey.isNew)).toHaveLength(1);
    expect(await at.query("select id from organizations")).toHaveLength(1);
    expect(await rootKeys(at)).toHaveLength(1);
  });

  test("of two at once with directories of their own lets one run: they would seal with two keys", async () => {
    const at = await testInstallation();
    const both = await Promise.all([at.start(emptyDirectory()), at.start(emptyDirectory())]);
    expect(both.filter((one) => "refused" in one)).toEqual([
      { refused: "seal key absent", sealed: { webhooks: 0, domains: 0 } },
    ]);
    expect(await rootKeys(at)).toHaveLength(1);
  });
});

describe("the seal key", () => {
  test("that was lost stops the start, which says how much it sealed and makes no other", async () => {
    const at = await testInstallation();
    const directory = emptyDirectory();
    const { sealKey } = prepared(await at.start(directory));
    await addWebhook(at, sealKey);
    const lost = emptyDirectory();
    const before = await at.query("select * from api_keys, installation");
    expect(await at.start(lost)).toEqual({ refused: "seal key absent", sealed: { webhooks: 1, domains: 0 } });
    expect({ seal: lost.seal.content, root: lost.root.content }).toEqual({ seal: null, root: null });
    expect(await at.start({ ...lost, seal: secretFile("0".repeat(64)) })).toMatchObject({
      refused: "seal key wrong",
    });
    expect(await at.query("select * from api_keys, installation")).toEqual(before);
    expect(prepared(await at.start(directory)).sealKey).toBe(sealKey);
  });

  test("is known by a database in which nothing is sealed yet", async () => {
    const at = await testInstallation();
    const directory = emptyDirectory();
    prepared(await at.start(directory));
    expect(await at.start({ ...directory, seal: secretFile("0".repeat(64)) })).toMatchObject({
      refused: "seal key wrong",
    });
  });

  test("is compared with a sealed row where no start wrote a canary, and then it is written", async () => {
    const at = await testInstallation();
    const directory = emptyDirectory();
    const { sealKey } = prepared(await at.start(directory));
    await addWebhook(at, sealKey);
    await forgetCanary(at);
    expect(await at.start({ ...directory, seal: secretFile() })).toMatchObject({
      refused: "seal key absent",
    });
    expect(await at.start({ ...directory, seal: secretFile("0".repeat(64)) })).toMatchObject({
      refused: "seal key wrong",
    });
    expect(await at.query("select seal_canary from installation")).toEqual([{ seal_canary: null }]);
    prepared(await at.start(directory));
    const [row] = await at.query("select seal_canary from installation");
    expect(row?.["seal_canary"]).not.toBeNull();
  });

  test("that sealed last counts where rows of several are found", async () => {
    const at = await testInstallation();
    const directory = emptyDirectory();
    prepared(await at.start(directory));
    await addWebhook(at, "1".repeat(64));
    await addWebhook(at, directory.seal.content ?? "");
    await forgetCanary(at);
    prepared(await at.start(directory));
  });
});

describe("the root key", () => {
  const withSeal = (directory: DataDirectory, root: string | null): DataDirectory => ({
    seal: directory.seal,
    root: secretFile(root, "am_us_"),
  });

  test("of a lost file stays the only one: none is made, and the start goes on without it", async () => {
    const at = await testInstallation();
    const directory = emptyDirectory();
    const first = prepared(await at.start(directory));
    const lost = withSeal(directory, null);
    const { rootKey } = prepared(await at.start(lost));
    expect(rootKey).toMatchObject({ secret: null, isNew: false, state: { is: "elsewhere" } });
    expect(lost.root.content).toBeNull();
    expect(await live(at, first.rootKey.secret)).toEqual([true]);
    expect(await rootKeys(at)).toHaveLength(1);
  });

  test("of another file stops the start: which of the two counts is not for a file to say", async () => {
    const at = await testInstallation();
    const directory = emptyDirectory();
    const first = prepared(await at.start(directory));
    const other = newKey();
    const [id] = await rootKeys(at);
    expect(await at.start(withSeal(directory, other))).toMatchObject({
      refused: "another root key",
      live: [{ ...id, prefix: first.rootKey.secret?.slice(0, 12) }],
    });
    expect(await live(at, first.rootKey.secret, other)).toEqual([true, false]);
  });

  test("of a setting replaces the one before, which is audited; the same setting again changes nothing", async () => {
    const at = await testInstallation();
    const directory = emptyDirectory();
    const first = prepared(await at.start(directory));
    const [before] = await rootKeys(at);
    const [next, afterNext] = [newKey(), newKey()];
    const replaced = prepared(await at.start(directory, next));
    expect(replaced.rootKey).toMatchObject({ secret: next, state: { is: "another", live: [before] } });
    expect(await live(at, first.rootKey.secret, next)).toEqual([false, true]);
    expect(await at.query("select operation, actor, target from audit")).toEqual([
      { operation: "api_key.delete", actor: "start", target: before?.["id"] },
    ]);
    expect(prepared(await at.start(directory, next)).rootKey.state).toMatchObject({
      is: "in force",
      others: [],
    });
    prepared(await at.start(directory, afterNext));
    expect(await live(at, first.rootKey.secret, next, afterNext)).toEqual([false, false, true]);
    expect(await rootKeys(at)).toHaveLength(1);
  });

  test("that was revoked is not brought back by file or setting; a new one is made once its file is gone", async () => {
    const at = await testInstallation();
    const directory = emptyDirectory();
    const first = prepared(await at.start(directory));
    await at.query("delete from api_keys");
    for (const setting of [undefined, first.rootKey.secret ?? ""])
      expect(prepared(await at.start(directory, setting)).rootKey).toMatchObject({
        secret: null,
        state: { is: "revoked" },
      });
    expect(await live(at, first.rootKey.secret)).toEqual([false]);
    const second = prepared(await at.start(withSeal(directory, null)));
    expect(second.rootKey.isNew).toBe(true);
    expect(await live(at, first.rootKey.secret, second.rootKey.secret)).toEqual([false, true]);
  });

  test("can be a key that callers made for the whole organization, and no narrower one", async () => {
    const at = await testInstallation();
    const directory = emptyDirectory();
    const { organizationId } = prepared(await at.start(directory));
    const [whole, restricted, ofPod] = [newKey(), newKey(), newKey()];
    const add = (secret: string, pod: string | null, permissions: string | null) =>
      at.query(
        "insert into api_keys (id, organization_id, pod_id, name, prefix, secret_sha256, permissions, created_at, updated_at) values ($1, $2, $3, 'mine', 'am_us_', $4, $5, now(), now())",
        [at.newId(), organizationId, pod, sha256(secret), permissions],
      );
    await add(whole, null, null);
    await add(restricted, null, '{"pod_read": true}');
    await add(ofPod, organizationId, null);
    for (const narrow of [restricted, ofPod])
      expect(await at.start(directory, narrow)).toEqual({ refused: "narrow root key" });
    expect(await live(at, directory.root.content)).toEqual([true]);
    expect(prepared(await at.start(directory, whole)).rootKey.secret).toBe(whole);
    expect(await live(at, directory.root.content, whole)).toEqual([false, true]);
  });

  test("of which earlier starts left several comes with the others, and none is revoked before a setting replaces it", async () => {
    const at = await testInstallation();
    const directory = emptyDirectory();
    const first = prepared(await at.start(directory));
    await at.query("update api_keys set is_root = true, secret_sha256 = $1", [sha256("older")]);
    await at.query("update installation set root_key_sha256 = null");
    const other = newKey();
    await at.query(
      "insert into api_keys (id, organization_id, name, prefix, secret_sha256, is_root, created_at, updated_at) values ($1, $2, 'Root key', 'am_us_', $3, true, now(), now())",
      [at.newId(), first.organizationId, sha256(other)],
    );
    const outcome = prepared(await at.start(withSeal(directory, other)));
    expect(outcome.rootKey.state).toMatchObject({ is: "in force", others: [{ name: "Root key" }] });
    expect(await rootKeys(at)).toHaveLength(2);
    prepared(await at.start(directory, newKey()));
    expect(await rootKeys(at), "a setting replaces them all").toHaveLength(1);
  });
});

describe("a database of before", () => {
  test("keeps its keys; those that starts made are distinguished from those of callers, and the seal key is compared", async () => {
    const at = await testInstallation();
    const directory = emptyDirectory();
    const first = prepared(await at.start(directory));
    await addWebhook(at, first.sealKey);
    const byCaller = at.newId();
    await at.query(
      "insert into api_keys (id, organization_id, name, prefix, secret_sha256, created_at, updated_at) values ($1, $2, 'Root key', 'am_us_', $3, now(), now())",
      [byCaller, first.organizationId, sha256(newKey())],
    );
    await at.query(
      "insert into audit (pod_id, id, organization_id, actor, operation, target, created_at) values ($1, $2, $1, 'key', 'api_key.create', $3, now())",
      [first.organizationId, at.newId(), byCaller],
    );
    const roots = await rootKeys(at);
    const owner = new pg.Client({ connectionString: at.url });
    await owner.connect();
    await owner.query("drop table installation");
    await owner.query("alter table api_keys drop column is_root");
    await owner.query("delete from migrations where name = '0009_installation.sql'");
    await owner.end();

    await migrate(await openExternal(at.url));
    expect(await rootKeys(at)).toEqual(roots);
    expect(await at.start(emptyDirectory())).toMatchObject({
      refused: "seal key absent",
      sealed: { webhooks: 1, domains: 0 },
    });
    expect(prepared(await at.start(directory)).rootKey.state).toMatchObject({ is: "in force", others: [] });
  });
});

describe("a start of a process whose clock is not the database's", () => {
  const in30Hours = (sign: number): Date => new Date(Date.now() + sign * 30 * 3_600_000);

  test.each([
    ["ahead", 1],
    ["behind", -1],
  ])("is refused, and writes nothing, when that is %s by more than a day", async (_which, sign) => {
    const at = await testInstallation();
    const directory = emptyDirectory();
    const refused = await at.start(directory, undefined, in30Hours(sign));
    expect(refused).toEqual({ refused: "wrong clock", leadMs: expect.any(Number) });
    expect("leadMs" in refused && Math.round(refused.leadMs / 3_600_000)).toBe(sign * 30);
    expect([await rootKeys(at), directory.seal.content, directory.root.content]).toEqual([[], null, null]);
  });

  test("goes on when it is less, and says how much", async () => {
    const at = await testInstallation();
    const { clockLeadMs } = prepared(
      await at.start(emptyDirectory(), undefined, new Date(Date.now() - 3_600_000)),
    );
    expect(Math.round(clockLeadMs / 3_600_000)).toBe(-1);
  });
});
