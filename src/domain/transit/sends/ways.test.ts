import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { createDomain, updateDomain } from "../../tenancy/domains/index.ts";
import { sendMessage } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("mail to a domain that only sends is for the servers that its MX records name, whoever here has the domain", async () => {
  const owner = await t.seed.pod();
  const { address: inbox } = await t.seed.inbox(await t.seed.pod());
  const domain = "sends.test";
  await t.run(t.rootToken, createDomain, { pod: owner }, { domain });
  await t.behind((tx) =>
    sql`update domains set status = 'VERIFIED' where domain = ${domain}`.execute(tx.within(systemScope)),
  );
  const sentTo = async (): Promise<(string | null)[]> => {
    const { messageId } = await t.run(
      t.rootToken,
      sendMessage,
      { inbox },
      {
        to: [`human@${domain}`],
        text: "x",
        idempotencyKey: null,
      },
    );
    const { rows } = await t.behind((tx) =>
      sql<{ domain: string | null }>`select d.domain from outbound_deliveries d
        join messages m on m.pod_id = d.pod_id and m.id = d.message_uuid where m.message_id = ${messageId}`.execute(
        tx.within(systemScope),
      ),
    );
    return rows.map((row) => row.domain);
  };
  expect(await sentTo()).toEqual([null]);
  await t.run(t.rootToken, updateDomain, { pod: owner }, { domain, inboundEnabled: false });
  expect(await sentTo()).toEqual([domain]);
});
