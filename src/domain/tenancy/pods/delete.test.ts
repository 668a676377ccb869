import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { createDomain, deleteDomain } from "../domains/index.ts";
import { deleteInbox } from "../inboxes/index.ts";
import { createPod, deletePod, getPod } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const remove = (pod: string) => t.run(t.rootToken, deletePod, { pod }, undefined);
const refusalOf = (pod: string) => t.refusal(t.rootToken, deletePod, { pod }, undefined);

it("a pod that holds a tenant's inboxes or domains is not deleted, and says which they are", async () => {
  const pod = await t.seed.pod();
  const { address: inbox } = await t.seed.inbox(pod);
  expect(await refusalOf(pod)).toMatchObject({
    code: "pod.not_empty",
    message: expect.stringContaining("inboxes"),
  });
  await t.run(t.rootToken, deleteInbox, { inbox }, undefined);
  await t.run(t.rootToken, createDomain, { pod }, { domain: "holds.example" });
  expect(await refusalOf(pod)).toMatchObject({
    code: "pod.not_empty",
    message: expect.stringContaining("domains"),
  });
  await t.run(t.rootToken, deleteDomain, { pod }, { domain: "holds.example" });
  await remove(pod);
  expect((await t.refusal(t.rootToken, getPod, { pod }, undefined)).code).toBe("pod.not_found");
});

it("an empty pod takes its keys along, and its client_id is free again", async () => {
  const pod = await t.run(t.rootToken, createPod, {}, { clientId: "leaving" });
  const { id: keyId, token } = await t.seed.key({ pod: pod.id });
  await remove(pod.id);
  await expect(t.authenticator.authenticate(token)).rejects.toMatchObject({ code: "auth.unknown_key" });
  const keys = await t.behind((tx) =>
    tx.within(systemScope).selectFrom("api_keys").select("id").where("id", "=", keyId).execute(),
  );
  expect(keys).toEqual([]);
  const again = await t.run(t.rootToken, createPod, {}, { clientId: "leaving" });
  expect(again.id).not.toBe(pod.id);
  expect((await refusalOf(pod.id)).code).toBe("pod.not_found");
});

it("the Default Pod stays", async () => {
  expect((await refusalOf(t.organizationId)).code).toBe("pod.not_empty");
  expect((await t.run(t.rootToken, getPod, { pod: t.organizationId }, undefined)).id).toBe(t.organizationId);
});
