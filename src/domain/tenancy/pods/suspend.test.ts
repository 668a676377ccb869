import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allMessages, firstPage } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { operation } from "../../door/operation.ts";
import { listMessages } from "../../mail/messages/index.ts";
import { sendMessage } from "../../transit/sends/index.ts";
import { createApiKey, whoAmI } from "../api-keys/index.ts";
import { createInbox, getInbox, listInboxes } from "../inboxes/index.ts";
import { moveInbox } from "../moves/index.ts";
import { getPod, pausePod, suspendPod, suspendPods, unsuspendPod, unsuspendPods } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const mail = { to: ["human@outside.test"], text: "Hi", idempotencyKey: null };
const suspend = (pod: string, deleteAfter: Date | null = null) =>
  t.run(t.rootToken, suspendPod, { pod }, { deleteAfter });
const inDays = (days: number): Date => new Date(Date.now() + days * 24 * 3_600_000);

async function tenant() {
  const pod = await t.seed.pod();
  const { address: inbox } = await t.seed.inbox(pod);
  return {
    pod,
    inbox,
    ofPod: (await t.seed.key({ pod })).token,
    ofInbox: (await t.seed.key({ inbox })).token,
  };
}

describe("a suspended pod", () => {
  it("has dead keys, whatever they ask, also in a process that remembers them and has had no notice", async () => {
    const { pod, inbox, ofPod, ofInbox } = await tenant();
    // Found before, as a process does that remembers the key: it is never told.
    const actors = [await t.authenticator.authenticate(ofPod), await t.authenticator.authenticate(ofInbox)];
    await suspend(pod);
    for (const actor of actors) {
      const refusals = [
        t.refusal(actor, whoAmI, {}, undefined),
        t.refusal(actor, listInboxes, {}, firstPage),
        t.refusal(actor, getInbox, { inbox }, undefined),
        t.refusal(actor, getInbox, { inbox: "nobody@rookery.localhost" }, undefined),
        t.refusal(actor, sendMessage, { inbox }, mail),
        t.refusal(actor, createApiKey, {}, {}),
      ];
      for (const { code } of await Promise.all(refusals)) expect(code).toBe("pod.suspended");
    }
    expect((await t.refusal(actors[0] ?? ofPod, getPod, { pod }, undefined)).code).toBe("pod.suspended");
    for (const token of [ofPod, ofInbox])
      await expect(t.authenticator.authenticate(token)).rejects.toMatchObject({ code: "pod.suspended" });
    const made = await t.run(t.rootToken, createApiKey, { pod }, {});
    await expect(t.authenticator.authenticate(made.secret)).rejects.toMatchObject({ code: "pod.suspended" });
  });

  it("sends nothing whoever asks, keeps its mail for the organization's keys, and does all of it again afterwards", async () => {
    const { pod, inbox, ofInbox } = await tenant();
    const { messageId } = await t.run(ofInbox, sendMessage, { inbox }, mail);
    const before = await t.run(t.rootToken, getPod, { pod }, undefined);
    const suspended = await suspend(pod, inDays(30));
    expect(suspended).toMatchObject({ suspendedAt: expect.any(Date), deleteAfter: expect.any(Date) });
    expect(await t.run(t.rootToken, getPod, { pod }, undefined)).toEqual(suspended);
    expect((await t.refusal(t.rootToken, sendMessage, { inbox }, mail)).code).toBe("pod.suspended");
    const list = await t.run(t.rootToken, listMessages, { inbox }, allMessages);
    expect(list.items.map((item) => item.messageId)).toEqual([messageId]);
    const ended = await t.run(t.rootToken, unsuspendPod, { pod }, undefined);
    expect(ended).toEqual({ ...before, updatedAt: ended.updatedAt });
    await t.run(ofInbox, sendMessage, { inbox }, mail);
  });

  it("leaves other pods, and keys of the organization, as they are", async () => {
    const [one, other] = [await tenant(), await tenant()];
    await suspend(one.pod);
    await t.run(other.ofInbox, sendMessage, { inbox: other.inbox }, mail);
    expect(await t.run(other.ofPod, whoAmI, {}, undefined)).toMatchObject({ podId: other.pod });
    await t.run(t.rootToken, createInbox, { pod: one.pod }, {});
  });

  it("keeps the time of the first suspension, a pause of its own, and takes the last word on when it is deleted", async () => {
    const { pod, inbox } = await tenant();
    await t.run(t.rootToken, pausePod, { pod }, undefined);
    const { suspendedAt } = await suspend(pod, inDays(1));
    const later = inDays(9);
    expect(await suspend(pod, later)).toMatchObject({ suspendedAt, deleteAfter: later });
    expect(await suspend(pod)).toMatchObject({ suspendedAt, deleteAfter: null });
    await t.run(t.rootToken, unsuspendPod, { pod }, undefined);
    expect((await t.refusal(t.rootToken, sendMessage, { inbox }, mail)).code).toBe("sending.paused");
  });

  it("neither takes nor gives inboxes by a move", async () => {
    const [one, other] = [await tenant(), await tenant()];
    await suspend(one.pod);
    for (const [inbox, pod] of [
      [one.inbox, other.pod],
      [other.inbox, one.pod],
    ] as const)
      expect(await t.refusal(t.rootToken, moveInbox, { inbox }, { pod: { id: pod } })).toMatchObject({
        code: "object.conflict",
      });
  });
});

describe("suspending", () => {
  it("is for keys of the organization alone, needs pod_delete where there is a date, and spares the Default Pod", async () => {
    const { pod, ofPod } = await tenant();
    expect((await t.refusal(ofPod, suspendPod, { pod }, {})).code).toBe("permission.missing");
    const { token } = await t.seed.key({}, "pod_update");
    expect((await t.refusal(token, suspendPod, { pod }, { deleteAfter: inDays(1) })).code).toBe(
      "permission.missing",
    );
    expect((await t.run(token, suspendPod, { pod }, {})).suspendedAt).toEqual(expect.any(Date));
    expect(await t.refusal(t.rootToken, suspendPod, { pod: t.organizationId }, {})).toMatchObject({
      code: "object.conflict",
    });
    expect(await t.refusal(t.rootToken, suspendPod, { pod }, { deleteAfter: inDays(-1) })).toMatchObject({
      code: "input.invalid",
      details: { path: ["deleteAfter"] },
    });
  });

  it("of many pods gives an outcome for each, with an audit row and an event of each that changed", async () => {
    const pods = [await t.seed.pod(), await t.seed.pod(), await t.seed.pod()];
    const [first = ""] = pods;
    await suspend(first);
    const absent = "0190a000-0000-7000-8000-00000000dead";
    const ids = [...pods, absent, t.organizationId];
    const all = (act: typeof unsuspendPods) =>
      operation({
        name: "test.all",
        needs: ["pod_update"],
        on: "organization",
        kind: "write",
        run: (context, _input: undefined) => act(context, ids),
      });
    const kinds = (outcomes: Awaited<ReturnType<typeof unsuspendPods>>) =>
      outcomes.map((outcome) => (outcome.kind === "failed" ? outcome.failure.code : outcome.kind));
    const suspended = await t.run(
      t.rootToken,
      all((context, wanted) => suspendPods(context, wanted, null)),
      {},
      undefined,
    );
    expect(kinds(suspended)).toEqual(["found", "made", "made", "pod.not_found", "object.conflict"]);
    const ended = await t.run(t.rootToken, all(unsuspendPods), {}, undefined);
    expect(kinds(ended)).toEqual(["made", "made", "made", "pod.not_found", "object.conflict"]);
    const { rows } = await t.behind((tx) =>
      sql<{ pod_id: string; name: string }>`
        select pod_id, operation as name from audit where pod_id = any (${pods}::uuid[]) and operation like 'pod.%suspend'
        union all select pod_id, type from events where pod_id = any (${pods}::uuid[])`.execute(
        tx.within(systemScope),
      ),
    );
    for (const pod of pods)
      expect(
        rows
          .filter((row) => row.pod_id === pod)
          .map(({ name }) => name)
          .toSorted(),
      ).toEqual(["pod.suspend", "pod.suspended", "pod.unsuspend", "pod.unsuspended"]);
  });
});
