/** Attempts that are recorded while the inbox of their mail moves to another pod. */
import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../../../../test/support/eventually.ts";
import {
  accepted,
  attempt,
  deliveriesOf,
  outboundOf,
  peer,
  sender,
} from "../../../../test/support/outbound.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { getInbox } from "../../tenancy/inboxes/index.ts";
import { moveInbox, moveTurn } from "../../tenancy/moves/index.ts";
import { MOVE_BATCH } from "../../tenancy/moves/limits.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

/** More threads than one batch moves, younger than those that are there. */
const enlarge = (pod: string) =>
  t.behind((tx) =>
    sql`insert into threads select (copy).* from (
        select jsonb_populate_record(null::threads, to_jsonb(t) || jsonb_build_object('id', gen_random_uuid(),
          'timestamp', t.timestamp + interval '1 hour')) as copy
        from (select * from threads where pod_id = ${pod} limit 1) as t cross join generate_series(1, ${2 * MOVE_BATCH})) as copies`.execute(
      tx.within(systemScope),
    ),
  );

/** Has what is counted be all of one minute, as it mostly is. */
const inOneMinute = () =>
  t.behind((tx) =>
    sql`update outbound_counts set minute = date_trunc('hour', minute)`.execute(tx.within(systemScope)),
  );

const countsOf = async (pod: string) => {
  const { rows } = await t.behind((tx) =>
    sql`select sent, bounced, complained from outbound_counts where pod_id = ${pod}`.execute(
      tx.within(systemScope),
    ),
  );
  return rows;
};

const suspend = (pod: string, inbox: string, reason: string) =>
  t.behind((tx) =>
    sql`insert into outbound_inbox_standing (pod_id, inbox_id, organization_id, suspended_at, suspended_until, reason)
      values (${pod}, ${inbox}, ${t.organizationId}, now(), now() + interval '1 hour', ${reason})`.execute(
      tx.within(systemScope),
    ),
  );

const reasonsIn = async (pod: string) => {
  const { rows } = await t.behind((tx) =>
    sql<{ reason: string }>`select reason from outbound_inbox_standing where pod_id = ${pod}`.execute(
      tx.within(systemScope),
    ),
  );
  return rows.map(({ reason }) => reason);
};

it("a long move ends although both pods counted in the same minute and suspended the inbox: counts are added, and the newer suspension holds", async () => {
  const { pod, inbox, send } = await sender(t);
  const target = await t.seed.pod();
  await send("a@first.test");
  await attempt(t, pod, peer(accepted));
  await send("b@second.test");
  await enlarge(pod);
  const gate = Promise.withResolvers<void>();
  const outbound = outboundOf(
    t,
    peer(async (address) => {
      await gate.promise;
      return accepted(address);
    }),
  );
  outbound.wake(pod);
  await eventually("the second is being sent", async () =>
    (await deliveriesOf(t, pod)).some(({ state }) => state === "sending"),
  );
  const { id } = await t.run(t.rootToken, getInbox, { inbox }, undefined);
  await t.run(t.rootToken, moveInbox, { inbox: { id } }, { pod: { id: target } });
  gate.resolve();
  await outbound.stop();
  await inOneMinute();
  const [before, meanwhile] = [await countsOf(pod), await countsOf(target)];
  expect([before, meanwhile]).toMatchObject([[{ sent: 1 }], [{ sent: 1 }]]);
  await suspend(pod, id, "before");
  await suspend(target, id, "meanwhile");

  await moveTurn(t, pod, id);
  const moved = await t.run(t.rootToken, getInbox, { inbox }, undefined);
  expect(moved).toMatchObject({ podId: target, movingTo: null });
  expect(await countsOf(target)).toEqual([{ sent: 2, bounced: 0, complained: 0 }]);
  expect(await countsOf(pod)).toEqual([]);
  expect(await reasonsIn(target)).toEqual(["meanwhile"]);
});
