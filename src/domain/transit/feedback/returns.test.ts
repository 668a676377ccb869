import { readFileSync } from "node:fs";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, it, test } from "vitest";
import {
  accepted,
  attempt,
  deferred,
  deliveriesOf,
  peer,
  refused,
  sender,
} from "../../../../test/support/outbound.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemClock } from "../../../lib/clock.ts";
import { systemScope } from "../../door/access/index.ts";
import { getListEntry } from "../../guardrails/lists/index.ts";
import { deleteSuppression, listSuppressions } from "../../guardrails/suppressions/index.ts";
import { getMessage } from "../../mail/messages/index.ts";
import { getStanding, retryDelivery, type TriedRecipient } from "../outbound/index.ts";
import { sendMessage } from "../sends/index.ts";
import { createReturns, type Returns } from "./index.ts";

let t: TestDoor;
let returns: Returns;
beforeAll(async () => {
  t = await openTestDoor();
  returns = createReturns({ door: t.door, database: t.database, sealer: t.sealer, clock: systemClock });
});
afterAll(() => t.close());

/** Sends a mail that another server takes. @returns what it was handed over as */
async function sent(...to: readonly string[]) {
  const from = await sender(t);
  const messageId = await from.send(...to);
  const host = peer(accepted);
  await attempt(t, from.pod, host);
  const [mail] = host.taken;
  if (mail === undefined) throw new Error("nothing was taken");
  return { ...from, messageId, returnPath: mail.mailFrom };
}

const dsn = (...groups: readonly string[]): Buffer =>
  Buffer.from(
    [
      "From: MAILER-DAEMON@peer.test",
      "Content-Type: multipart/report; report-type=delivery-status; boundary=x",
      "",
      "--x",
      "Content-Type: message/delivery-status",
      "",
      "Reporting-MTA: dns; peer.test",
      ...groups.flatMap((group) => ["", ...group.split("; ")]),
      "--x--",
    ]
      .join("\r\n")
      .replaceAll("rfc822 ", "rfc822; "),
  );
const failed = (address: string, status = "5.1.1"): string =>
  `Final-Recipient: rfc822 ${address}; Action: failed; Status: ${status}`;

async function report(returnPath: string, raw: Uint8Array) {
  const deliveryId = returns.deliveryOf(returnPath);
  if (deliveryId === null) throw new Error(`${returnPath} is no return path`);
  return returns.take(deliveryId, raw);
}

const eventsOf = async (pod: string, type: string): Promise<readonly Record<string, unknown>[]> => {
  const { rows } = await t.behind((tx) =>
    sql<{
      data: Record<string, unknown>;
    }>`select data from events where pod_id = ${pod} and type = ${type} order by id`.execute(
      tx.within(systemScope),
    ),
  );
  return rows.map(({ data }) => data);
};
const suppressedIn = async (pod: string): Promise<string[]> => {
  const page = { size: 100, after: null, ascending: true };
  const { items } = await t.run(t.rootToken, listSuppressions, { pod }, page);
  return items.map(({ address, cause }) => `${address} ${cause}`);
};
const labelsOf = async (inbox: string, messageId: string) =>
  (await t.run(t.rootToken, getMessage, { inbox }, { messageId })).labels;

it("a bounce that comes back later is on record, told, counted, and suppresses the address, once", async () => {
  const { pod, inbox, messageId, returnPath } = await sent("ada@later.test");
  expect(returnPath).toMatch(/^bounces\+[a-z2-7]{45}@mail\.rookery\.localhost$/);
  const raw = dsn(failed("Ada@Later.test"));
  for (let time = 0; time < 2; time++)
    expect(await report(returnPath, raw)).toEqual({ isReport: true, address: null });
  expect(await deliveriesOf(t, pod)).toMatchObject([
    {
      state: "bounced",
      detail: "a report of non-delivery came back",
      recipients: [{ address: "ada@later.test", state: "bounced", enhancedCode: "5.1.1" }],
    },
  ]);
  expect(await labelsOf(inbox, messageId)).toEqual(["sent", "bounced"]);
  expect(await eventsOf(pod, "message.bounced")).toEqual([
    { type: "Permanent", subType: "NoEmail", recipients: [{ address: "ada@later.test", status: "5.1.1" }] },
  ]);
  expect(await eventsOf(pod, "message.delivered")).toHaveLength(1);
  expect(await t.run(t.rootToken, getStanding, { pod }, undefined)).toMatchObject({ sent: 1, bounced: 1 });
  expect(await suppressedIn(pod)).toEqual(["ada@later.test bounce"]);
});

it("a refusal of the sender or of the message suppresses nobody, where one of the mailbox does, without an enhanced code", async () => {
  const from = await sender(t);
  await from.send("sender@plain.test", "mailbox@plain.test");
  const says = (address: string): TriedRecipient => ({
    ...refused(address),
    ...{ enhancedCode: null, fault: address.startsWith("sender") ? "policy" : "mailbox" },
  });
  await attempt(t, from.pod, peer(says));
  expect(await deliveriesOf(t, from.pod)).toMatchObject([{ state: "bounced" }]);
  expect(await suppressedIn(from.pod)).toEqual(["mailbox@plain.test bounce"]);
});

it("who is suppressed is refused until the suppression is deleted, whatever lists allow, and is a read-only entry", async () => {
  const { pod, inbox, returnPath } = await sent("ada@gone.test");
  await report(returnPath, dsn(failed("ada@gone.test")));
  const again = { to: ["Ada@gone.test"], text: "Hi", idempotencyKey: null };
  expect(await t.refusal(t.rootToken, sendMessage, { inbox }, again)).toMatchObject({
    code: "message.rejected",
    message: "Message rejected: Recipient(s) blocked: Ada@gone.test (suppressed: bounce)",
  });
  const entry = { direction: "send", listType: "block", entry: "ada@gone.test" };
  expect(await t.run(t.rootToken, getListEntry, { pod }, entry)).toMatchObject({ isReadOnly: true });
  await t.run(t.rootToken, deleteSuppression, { pod }, { address: "ADA@gone.test" });
  await t.run(t.rootToken, sendMessage, { inbox }, again);
});

it("a report tells of the recipients that it names and of no other, and a mailbox that is full is not suppressed", async () => {
  const { pod, returnPath } = await sent("ada@many.test", "bob@many.test", "cat@many.test");
  await report(
    returnPath,
    dsn(failed("ada@many.test"), failed("bob@many.test", "5.2.2"), failed("zoe@many.test")),
  );
  const [delivery] = await deliveriesOf(t, pod);
  expect(delivery?.recipients.map(({ address, state }) => `${address} ${state}`).toSorted()).toEqual([
    "ada@many.test bounced",
    "bob@many.test bounced",
    "cat@many.test sent",
  ]);
  expect(await suppressedIn(pod)).toEqual(["ada@many.test bounce"]);
  expect((await eventsOf(pod, "message.bounced")).map(({ subType }) => subType).toSorted()).toEqual([
    "MailboxFull",
    "NoEmail",
  ]);
});

it("of several recipients a report that names none is nobody's; of one it is that one's", async () => {
  const several = await sent("ada@none.test", "bob@none.test");
  await report(several.returnPath, dsn(failed("elsewhere@other.test")));
  expect(await deliveriesOf(t, several.pod)).toMatchObject([{ state: "sent" }]);
  const one = await sent("ada@none.test");
  await report(one.returnPath, dsn(failed("elsewhere@other.test")));
  expect(await deliveriesOf(t, one.pod)).toMatchObject([{ state: "bounced" }]);
});

it("a delay is no bounce, and one without a code suppresses nobody", async () => {
  const { pod, returnPath } = await sent("ada@slow.test");
  await report(returnPath, dsn(failed("ada@slow.test").replace("failed", "delayed")));
  expect(await deliveriesOf(t, pod)).toMatchObject([{ state: "sent" }]);
  const vague = readFileSync(
    new URL("../../../protocols/feedback/fixtures/nothing-known.eml", import.meta.url),
  );
  await report(returnPath, vague);
  expect(await eventsOf(pod, "message.bounced")).toEqual([
    { type: "Undetermined", subType: "Undetermined", recipients: [{ address: "ada@slow.test", status: "" }] },
  ]);
  expect(await suppressedIn(pod)).toEqual([]);
});

it("what came back of one recipient outlasts an attempt at another, and a retry is for who bounced alone", async () => {
  const { pod, send } = await sender(t);
  await send("ada@part.test", "bob@part.test");
  const host = peer((address) => (address.startsWith("bob") ? deferred(address) : accepted(address)));
  await attempt(t, pod, host);
  await report(host.taken[0]?.mailFrom ?? "", dsn(failed("ada@part.test")));
  expect(await deliveriesOf(t, pod)).toMatchObject([{ state: "deferred" }]);
  await attempt(t, pod, peer(accepted));
  const [delivery] = await deliveriesOf(t, pod);
  expect(delivery).toMatchObject({ state: "bounced" });
  const retried = { deliveryId: delivery?.id ?? "" };
  // Suppressed by the report: no way out leads to that address.
  expect((await t.refusal(t.rootToken, retryDelivery, { pod }, retried)).code).toBe("message.rejected");
  await t.run(t.rootToken, deleteSuppression, { pod }, { address: "ada@part.test" });
  await t.run(t.rootToken, retryDelivery, { pod }, retried);
  const second = peer(accepted);
  await attempt(t, pod, second);
  expect(second.taken.map(({ recipients }) => recipients)).toEqual([["ada@part.test"]]);
  expect(await deliveriesOf(t, pod)).toMatchObject([{ state: "sent" }]);
});

const complaint = (returnPath: string, type = "abuse"): Buffer =>
  Buffer.from(
    readFileSync(
      new URL("../../../protocols/feedback/fixtures/complaint-redacted.eml", import.meta.url),
      "utf8",
    )
      .replace("bounces+token@mail.agents.example", returnPath)
      .replace("fraud", type),
  );

it("a complaint is told with its sub-type, counted, and suppresses who complains, at a return path and at a role address", async () => {
  for (const way of ["return path", "role address"]) {
    const { pod, inbox, messageId, returnPath } = await sent("ada@annoyed.test");
    if (way === "return path") await report(returnPath, complaint("nobody@x.test"));
    else await returns.takeComplaint(complaint(returnPath));
    expect(await deliveriesOf(t, pod)).toMatchObject([{ state: "complained" }]);
    expect(await labelsOf(inbox, messageId)).toEqual(["sent", "complained"]);
    expect(await eventsOf(pod, "message.complained")).toEqual([
      { type: "abuse", subType: "", recipients: ["ada@annoyed.test"] },
    ]);
    expect(await suppressedIn(pod)).toEqual(["ada@annoyed.test complaint"]);
    expect(await t.run(t.rootToken, getStanding, { pod }, undefined)).toMatchObject({ complained: 1 });
  }
});

it("what strangers forge does nothing", async () => {
  const { pod, returnPath } = await sent("ada@forged.test");
  const changed = returnPath.replace(/.(?=@)/, (last) => (last === "a" ? "b" : "a"));
  expect(returns.deliveryOf(changed)).toBeNull();
  for (const forged of [changed, "bounces@mail.rookery.localhost", "ada@forged.test"])
    await returns.takeComplaint(complaint(forged));
  await returns.takeComplaint(dsn(failed("ada@forged.test")));
  expect(await deliveriesOf(t, pod)).toMatchObject([{ state: "sent" }]);
  expect(await suppressedIn(pod)).toEqual([]);
});

test("any other mail to a return path is for the inbox that sent the message", async () => {
  const { inbox, returnPath } = await sent("ada@away.test");
  const away = Buffer.from("From: ada@away.test\r\nSubject: Away\r\n\r\nBack on Monday.\r\n");
  expect(await report(returnPath, away)).toEqual({ isReport: false, address: inbox });
});
