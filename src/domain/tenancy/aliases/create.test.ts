import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { findRecipients, organizationActor, systemScope } from "../../door/access/index.ts";
import { sendMessage } from "../../transit/sends/index.ts";
import { createDomain, trustDomain } from "../domains/index.ts";
import { createInbox, deleteInbox, getInbox } from "../inboxes/index.ts";
import { makeCode, signUp, verifySignUp } from "../sign-ups/index.ts";
import { createAlias, listAliases } from "./index.ts";
import { MAX_ALIASES } from "./limits.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const own = "rookery.localhost";

/** A pod with a domain that is its own, and an inbox there. */
async function tenant(domain: string): Promise<{ pod: string; token: string; inbox: string }> {
  const { pod, token } = await t.seed.tenant();
  await t.run(token, createDomain, {}, { domain });
  await t.run(t.rootToken, trustDomain, {}, { domain, trusted: true });
  const inbox = await t.run(token, createInbox, {}, { username: "agent", domain });
  return { pod, token, inbox: inbox.address };
}

/** The inbox that mail to an address is for, by what the address is looked up under. */
const recipients = (...addresses: string[]) =>
  t.behind(async (tx) => {
    const found = await findRecipients(tx, systemScope, addresses, own);
    return Object.fromEntries([...found].map(([name, { address }]) => [name, address]));
  });

const add = (token: string, inbox: string, address: string) =>
  t.run(token, createAlias, { inbox }, { address });
const addressesOf = async (token: string, inbox: string): Promise<string[]> =>
  (await t.run(token, listAliases, { inbox }, undefined)).map(({ address }) => address);

it("an alias leads to its inbox, once, and names it nowhere else; it goes with the inbox", async () => {
  const { token, inbox } = await tenant("alias.example");
  const made = await add(token, inbox, "Sales@Alias.example");
  expect(made).toMatchObject({ address: "sales@alias.example", isCatchAll: false });
  expect(await add(token, inbox, "sales@alias.example")).toEqual(made);
  await add(token, inbox, `sales-of-alias@${own}`);
  expect(await addressesOf(token, inbox)).toEqual([`sales-of-alias@${own}`, "sales@alias.example"]);
  expect(await recipients("sales@alias.example", inbox)).toEqual({
    "sales@alias.example": inbox,
    [inbox]: inbox,
  });
  expect((await t.refusal(token, getInbox, { inbox: "sales@alias.example" }, undefined)).code).toBe(
    "inbox.not_found",
  );
  expect((await t.run(token, getInbox, { inbox }, undefined)).address).toBe(inbox);
  const other = await t.run(token, createInbox, {}, { username: "other", domain: "alias.example" });
  for (const address of ["sales@alias.example", inbox])
    expect((await t.refusal(token, createAlias, { inbox: other.address }, { address })).code).toBe(
      "inbox.taken",
    );
  const asInbox = { username: "sales", domain: "alias.example" };
  expect((await t.refusal(token, createInbox, {}, asInbox)).code).toBe("inbox.taken");
  await t.run(token, deleteInbox, { inbox }, undefined);
  expect(await recipients("sales@alias.example")).toEqual({});
});

it("an alias is of a domain that the pod may use, and its inbox is the caller's", async () => {
  const [first, second] = [await tenant("first.example"), await tenant("second.example")];
  const codeOf = async (token: string, inbox: string, address: string) =>
    (await t.refusal(token, createAlias, { inbox }, { address })).code;
  expect(await codeOf(first.token, first.inbox, "a@second.example")).toBe("domain.not_verified");
  expect(await codeOf(first.token, first.inbox, "a@sub.first.example")).toBe("domain.subdomains_disabled");
  expect(await codeOf(first.token, second.inbox, "a@first.example")).toBe("inbox.not_found");
  expect(await codeOf(first.token, first.inbox, `postmaster@${own}`)).toBe("inbox.taken");
});

it("names that speak for the shared domain are the operator's: no other organization has one as an alias, and an unverified one has none", async () => {
  const actor = organizationActor("sign-up", t.parts.lent.newId());
  const named = { username: "stranger", humanEmail: "human@outside.test", network: null };
  const { secret, inboxAddress: inbox } = await t.run(actor, signUp, {}, named);
  const codeOf = async (address: string) =>
    (await t.refusal(secret, createAlias, { inbox }, { address })).code;
  expect(await codeOf(`free@${own}`)).toBe("limit.exceeded");
  const made = await t.run(actor, makeCode, {}, undefined);
  await t.run(secret, verifySignUp, {}, { code: made?.code ?? "" });
  for (const name of ["admin", "hostmaster", "Webmaster", "postmaster", "abuse", "root"])
    expect([name, await codeOf(`${name}@${own}`)]).toEqual([name, "inbox.taken"]);
  await add(secret, inbox, `free@${own}`);
  expect(await recipients(`admin@${own}`, `free@${own}`)).toEqual({ [`free@${own}`]: inbox });
  const operators = (await t.seed.inbox()).address;
  await add(t.rootToken, operators, `admin@${own}`);
  expect(await recipients(`admin@${own}`)).toEqual({ [`admin@${own}`]: operators });
});

it("a catch-all is one inbox of a domain that is its pod's own; the server's domain, and one that pods share, have none of a tenant", async () => {
  const { token, inbox, pod } = await tenant("all.example");
  expect(await add(token, inbox, "*@all.example")).toMatchObject({ isCatchAll: true });
  expect(await recipients("*@all.example")).toEqual({ "*@all.example": inbox });
  const other = await t.run(token, createInbox, {}, { username: "other", domain: "all.example" });
  const second = { address: "*@all.example" };
  expect((await t.refusal(token, createAlias, { inbox: other.address }, second)).code).toBe("inbox.taken");
  expect((await t.refusal(t.rootToken, createAlias, { inbox }, { address: `*@${own}` })).code).toBe(
    "inbox.taken",
  );
  await t.run(t.rootToken, createDomain, {}, { domain: "shared-by-pods.example" });
  await t.run(t.rootToken, trustDomain, {}, { domain: "shared-by-pods.example", trusted: true });
  const shared = { address: "*@shared-by-pods.example" };
  expect((await t.refusal(token, createAlias, { inbox }, shared)).code).toBe("inbox.taken");
  expect(await t.run(t.rootToken, createAlias, { inbox }, shared)).toMatchObject({ isCatchAll: true });
  expect(pod).not.toBe(t.organizationId);
});

it("what another tenant has verified since leads to no inbox of the one before", async () => {
  const { token, inbox, pod } = await tenant("lost.example");
  await add(token, inbox, "*@lost.example");
  await add(token, inbox, "sales@lost.example");
  const asked = [inbox, "*@lost.example", "sales@lost.example"];
  expect(Object.keys(await recipients(...asked))).toHaveLength(3);
  const stranger = await t.seed.pod();
  const give = (to: string) =>
    t.behind((tx) =>
      sql`update domains set pod_id = ${to}::uuid where domain = 'lost.example'`.execute(
        tx.within(systemScope),
      ),
    );
  await give(stranger);
  expect(await recipients(...asked)).toEqual({});
  await give(pod);
  expect(Object.keys(await recipients(...asked))).toHaveLength(3);
});

it("an inbox has a bounded number of them", async () => {
  const { token, inbox } = await tenant("many.example");
  await t.behind((tx) =>
    sql`insert into addresses (address, organization_id, pod_id, inbox_id, kind)
      select 'a' || n || '@many.example', organization_id, pod_id, inbox_id, 'alias' from addresses,
        generate_series(1, ${MAX_ALIASES}::integer) as n where address = ${inbox}`.execute(
      tx.within(systemScope),
    ),
  );
  expect(await t.refusal(token, createAlias, { inbox }, { address: "b@many.example" })).toMatchObject({
    code: "limit.exceeded",
    details: { limit: { resource: "alias", count: MAX_ALIASES } },
  });
});

it("mail may be from an alias of the inbox, and from nothing else", async () => {
  const { token, inbox } = await tenant("from.example");
  await add(token, inbox, "sales@from.example");
  await add(token, inbox, "*@from.example");
  const mail = (from: string) => ({ from, to: [inbox], text: "Hi", idempotencyKey: null });
  const sent = await t.run(token, sendMessage, { inbox }, mail("Sales <Sales@from.example>"));
  const { rows } = await t.behind((tx) =>
    sql<{
      from: string;
    }>`select m.from_ as from from (select to_jsonb(messages) ->> 'from_address' as from_, message_id from messages) m
      where message_id = ${sent.messageId}`.execute(tx.within(systemScope)),
  );
  expect(rows).toHaveLength(1);
  expect(sent.messageId).toMatch(/@from\.example>$/);
  for (const from of ["x@from.example", "*@from.example", "agent@elsewhere.example"])
    expect(await t.refusal(token, sendMessage, { inbox }, mail(from))).toMatchObject({
      code: "input.invalid",
      details: { path: ["from"] },
    });
});
