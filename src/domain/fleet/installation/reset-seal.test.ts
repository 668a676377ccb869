import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import {
  type DataDirectory,
  emptyDirectory,
  prepared,
  type TestInstallation,
  testInstallation,
} from "../../../../test/support/installation.ts";
import { createSealer } from "../../../lib/seal.ts";
import { findSealLoss, resetSeal } from "./index.ts";

const sealerOf = ({ seal }: DataDirectory) => createSealer(Buffer.from(seal.content ?? "", "hex"));

async function addWebhooks(at: TestInstallation, directory: DataDirectory, count: number): Promise<void> {
  const sealer = sealerOf(directory);
  for (let index = 0; index < count; index++)
    await at.query(
      `insert into webhooks (id, organization_id, url, event_types, pod_ids, inbox_ids, secret_sealed, headers_sealed, enabled, created_at, updated_at)
       select $1, id, 'https://example.com/', '{message.received}', '{}', '{}', $2, $3, true, now(), now() from organizations`,
      [
        at.newId(),
        sealer.seal("whsec_old", "webhook-secret"),
        index === 0 ? sealer.seal('{"X-Token":"t"}', "webhook-headers") : null,
      ],
    );
}

const addDomain = (at: TestInstallation, directory: DataDirectory) =>
  at.query(
    `with made as (
       insert into domains (id, organization_id, domain, status, feedback_enabled, subdomains_enabled, tracking_enabled, created_at, updated_at)
       select $1, id, 'acme-mail.com', 'VERIFIED', true, false, false, now(), now() from organizations returning *)
     insert into dkim_keys (domain_id, selector, organization_id, algorithm, public_key, private_key_sealed, state, created_at, state_at)
     select id, 'rk1', organization_id, 'rsa', 'old', $2::bytea, 'active', now(), now() from made`,
    [at.newId(), sealerOf(directory).seal("pem", "dkim")],
  );

const reset = ({ database, newId }: TestInstallation, { seal }: DataDirectory): Promise<void> =>
  resetSeal({ database, sealKey: seal, random: randomBytes, newId, now: new Date() });

/** More than one page of them. */
const WEBHOOKS = 101;

test("counts what the lost key sealed and changes nothing; accepted, all of it gets something new that opens", async () => {
  const at = await testInstallation();
  const directory = emptyDirectory();
  prepared(await at.start(directory));
  await addWebhooks(at, directory, WEBHOOKS);
  await addDomain(at, directory);
  const lost = { ...emptyDirectory(), root: directory.root };
  expect(await findSealLoss(at.database, lost.seal)).toEqual({
    webhooks: WEBHOOKS,
    webhooksWithHeaders: 1,
    domains: 1,
    canary: true,
  });
  expect(lost.seal.content).toBeNull();

  await reset(at, lost);
  expect(await findSealLoss(at.database, lost.seal)).toMatchObject({
    webhooks: 0,
    domains: 0,
    canary: false,
  });
  const sealer = sealerOf(lost);
  const webhooks = await at.query("select secret_sealed, headers_sealed from webhooks");
  const secrets = webhooks.map(({ secret_sealed }) => sealer.open(secret_sealed as Buffer, "webhook-secret"));
  expect(new Set(secrets).size).toBe(WEBHOOKS);
  for (const secret of secrets) expect(secret).toMatch(/^whsec_[\w+/]{32}$/);
  expect(webhooks.filter(({ headers_sealed }) => headers_sealed !== null)).toEqual([]);
  expect(await at.query("select status from domains")).toEqual([{ status: "NOT_STARTED" }]);
  const keys = await at.query(
    "select selector, algorithm, private_key_sealed from dkim_keys order by algorithm",
  );
  expect(keys.map(({ algorithm }) => algorithm)).toEqual(["ed25519", "rsa"]);
  for (const { selector, private_key_sealed } of keys) {
    expect(selector).not.toBe("rk1");
    expect(sealer.open(private_key_sealed as Buffer, "dkim")).toContain("BEGIN PRIVATE KEY");
  }
  expect(
    await at.query("select operation, actor, count(*)::int from audit group by 1, 2 order by 1"),
  ).toEqual([
    { operation: "domain.reseal", actor: "operator", count: 1 },
    { operation: "webhook.reseal", actor: "operator", count: WEBHOOKS },
  ]);
  prepared(await at.start(lost));
  expect(await at.start(directory), "the key of before is not taken any more").toMatchObject({
    refused: "seal key wrong",
  });
});

test("leaves alone what opens: a run that was interrupted goes on, and one too many does nothing", async () => {
  const at = await testInstallation();
  const directory = emptyDirectory();
  prepared(await at.start(directory));
  await addWebhooks(at, directory, 2);
  const lost = { ...emptyDirectory(), root: directory.root };
  await lost.seal.make();
  await addWebhooks(at, lost, 1);
  const before = await at.query("select * from webhooks order by id desc limit 1");
  expect(await findSealLoss(at.database, lost.seal)).toMatchObject({ webhooks: 2 });
  await reset(at, lost);
  expect(await at.query("select * from webhooks order by id desc limit 1")).toEqual(before);
  const all = await at.query("select * from webhooks order by id");
  await reset(at, lost);
  expect(await at.query("select * from webhooks order by id")).toEqual(all);
});
