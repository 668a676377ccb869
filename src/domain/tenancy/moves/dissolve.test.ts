import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { mailInto } from "../../../../test/support/arriving-mail.ts";
import { firstPage } from "../../../../test/support/lists.ts";
import { openQueuedJobs, type QueuedJobs } from "../../../../test/support/queued-jobs.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { moveTasks } from "../../../workers/move-inboxes.ts";
import { systemScope } from "../../door/access/index.ts";
import { createDomain, getDomain } from "../domains/index.ts";
import { createInbox, getInbox, listInboxes } from "../inboxes/index.ts";
import { createPod, getPod, listPods } from "../pods/index.ts";
import { dissolvePod } from "./index.ts";
import { MOVED_INBOXES } from "./limits.ts";

let t: TestDoor;
let jobs: QueuedJobs;
beforeAll(async () => {
  t = await openTestDoor();
  jobs = await openQueuedJobs(t);
});
afterAll(async () => {
  await jobs.close();
  await t.close();
});

const dissolve = (pod: string) => t.run(t.rootToken, dissolvePod, { pod }, undefined);
const behind = (statement: ReturnType<typeof sql>) =>
  t.behind((tx) => statement.execute(tx.within(systemScope)));
const rowsWith = async (pod: string): Promise<readonly unknown[]> =>
  (
    await behind(sql`select 'inboxes' from inboxes where pod_id = ${pod} union all select 'pods' from pods where id = ${pod}
    union all select 'keys' from api_keys where pod_id = ${pod} union all select 'domains' from domains where pod_id = ${pod}`)
  ).rows;

it("a pod that is deleted leaves its inboxes to the Default Pod with their mail and keys, and its domains; its own keys end", async () => {
  const pod = (await t.run(t.rootToken, createPod, {}, { clientId: "gone" })).id;
  const { token: podToken } = await t.seed.key({ pod });
  await t.run(t.rootToken, createDomain, { pod }, { domain: "left.example", clientId: "dom" });
  await behind(sql`update domains set status = 'VERIFIED'`);
  const bound = await t.run(t.rootToken, createInbox, { pod }, { domain: "left.example", clientId: "taken" });
  await t.run(t.rootToken, createInbox, {}, { clientId: "taken" });
  const { token } = await t.seed.key({ inbox: bound.address });
  await mailInto(t)(bound.address, { id: "<kept@outside.test>" });

  await dissolve(pod);
  expect(await rowsWith(pod)).toEqual([]);
  await expect(t.authenticator.authenticate(podToken)).rejects.toMatchObject({ code: "auth.unknown_key" });
  expect(await t.run(token, getInbox, { inbox: bound.address }, undefined)).toMatchObject({
    podId: t.organizationId,
    id: bound.id,
    clientId: null,
  });
  expect(
    (await t.run(t.rootToken, getDomain, { pod: t.organizationId }, { domain: "left.example" })).domain.podId,
  ).toBe(t.organizationId);
  expect((await t.run(t.rootToken, createPod, {}, { clientId: "gone" })).id).not.toBe(pod);
  expect((await t.refusal(t.rootToken, dissolvePod, { pod }, undefined)).code).toBe("pod.not_found");
});

it("one with more inboxes than a transaction moves is not found any more, and a job empties it", async () => {
  const pod = await t.seed.pod();
  await behind(sql`
    with made as (select gen_random_uuid() as id, n from generate_series(1, ${MOVED_INBOXES + 5}) n),
      rows as (insert into inboxes (pod_id, id, organization_id, address, created_at, updated_at)
        select ${pod}, id, ${t.organizationId}, 'm' || n || '@plain.example', now(), now() from made)
    insert into addresses (address, organization_id, pod_id, inbox_id)
    select 'm' || n || '@plain.example', ${t.organizationId}, ${pod}, id from made`);
  await dissolve(pod);
  expect((await t.refusal(t.rootToken, getPod, { pod }, undefined)).code).toBe("pod.not_found");
  expect((await t.run(t.rootToken, listPods, {}, firstPage)).items.map(({ id }) => id)).not.toContain(pod);
  expect((await rowsWith(pod)).length).toBeGreaterThan(1);
  await jobs.runAll(moveTasks(t));
  expect(await rowsWith(pod)).toEqual([]);
  const page = { ...firstPage, size: 1000 };
  const { items } = await t.run(t.rootToken, listInboxes, { pod: t.organizationId }, page);
  expect(items.filter(({ address }) => address.endsWith("@plain.example"))).toHaveLength(MOVED_INBOXES + 5);
});

it("the Default Pod stays", async () => {
  expect((await t.refusal(t.rootToken, dissolvePod, { pod: t.organizationId }, undefined)).code).toBe(
    "input.invalid",
  );
});
