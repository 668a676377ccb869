import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { createDoor } from "../../door/door.ts";
import { ownNameOf, textOf } from "../../door/text.ts";
import { createInbox, deleteInbox, getInbox, signIn, updateInbox } from "./index.ts";

let t: TestDoor;
let owner: pg.Client;
beforeAll(async () => {
  t = await openTestDoor();
  owner = new pg.Client(t.engine.connection);
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await t.close();
});

const first = "First-App-Password-1";
const second = "Second.App.Password.2";

const withPassword = (appPassword: string) => t.run(t.rootToken, createInbox, {}, { appPassword });
const idOf = async (address: string, password: string) =>
  (await signIn(t.database, address, password))?.inbox.id ?? null;

test("a password signs in to its own inbox and to no other, and nothing shows it or its hash", async () => {
  const [inbox, other] = await Promise.all([withPassword(first), withPassword(second)]);
  expect(await idOf(inbox.address.toUpperCase(), first)).toBe(inbox.id);
  expect(await idOf(inbox.address, second)).toBeNull();
  expect(await idOf(other.address, first)).toBeNull();
  expect(await idOf("nobody@rookery.localhost", first)).toBeNull();
  const found = await t.run(t.rootToken, getInbox, { inbox: inbox.address }, undefined);
  expect(JSON.stringify([inbox, found])).not.toMatch(/assword|scrypt/);
  const audit = await t.behind((tx) => tx.within(systemScope).selectFrom("audit").selectAll().execute());
  expect(JSON.stringify(audit)).not.toContain(first);
  const { rows } = await owner.query("select app_password_hash from inboxes where id = $1", [inbox.id]);
  expect(rows[0].app_password_hash).toMatch(/^\$scrypt\$/);
});

test("a rotated password works at once and the old one no more; removed, none does", async () => {
  const { address: inbox } = await withPassword(first);
  await t.run(t.rootToken, updateInbox, { inbox }, { appPassword: second });
  expect([await idOf(inbox, first), await idOf(inbox, second)]).toEqual([null, expect.any(String)]);
  await t.run(t.rootToken, updateInbox, { inbox }, { displayName: "Other" });
  expect(await idOf(inbox, second)).not.toBeNull();
  await t.run(t.rootToken, updateInbox, { inbox }, { appPassword: null });
  expect(await idOf(inbox, second)).toBeNull();
});

test("who signed in is out as soon as the password is another, or the inbox is gone", async () => {
  const { address: inbox, id } = await withPassword(first);
  const opened = await signIn(t.database, inbox, first);
  expect((await opened?.again())?.id).toBe(id);
  await t.run(t.rootToken, updateInbox, { inbox }, { appPassword: second });
  expect(await opened?.again()).toBeNull();
  const anew = await signIn(t.database, inbox, second);
  await t.run(t.rootToken, deleteInbox, { inbox }, undefined);
  expect(await anew?.again()).toBeNull();
});

test("an inbox without a password lets nobody sign in", async () => {
  const { address } = await t.seed.inbox();
  for (const password of ["", first, "null"]) expect(await idOf(address, password)).toBeNull();
});

test("a create that finds its inbox leaves the password as it was", async () => {
  const create = (appPassword: string) =>
    t.run(t.rootToken, createInbox, {}, { clientId: "once", appPassword });
  const { address } = await create(first);
  expect((await create(second)).address).toBe(address);
  expect([await idOf(address, first), await idOf(address, second)]).toEqual([expect.any(String), null]);
});

test.each([
  ["short", "Ab1-5678901234567"],
  ["long", `Ab1${"x".repeat(38)}`],
  ["without a capital", "abcdefghijklmnopqr1"],
  ["without a small letter", "ABCDEFGHIJKLMNOPQR1"],
  ["without a digit", "ABCDEFGHIJKLMNOPqrs"],
  ["with a space", "Abcdefghij klmnopqr1"],
  ["with a control character", "Abcdefghij\tklmnopqr1"],
  ["not in ASCII", "Abcdefghijklmnöpqr1"],
])("a password that is %s is refused, and the answer does not repeat it", async (_what, appPassword) => {
  const inbox = (await t.seed.inbox()).address;
  for (const refused of [
    await t.refusal(t.rootToken, createInbox, {}, { appPassword }),
    await t.refusal(t.rootToken, updateInbox, { inbox }, { appPassword }),
  ]) {
    expect(refused).toMatchObject({ code: "input.invalid", details: { path: ["appPassword"] } });
    expect(textOf(refused.details.message, ownNameOf)).not.toContain(appPassword);
  }
});

test.each([18, 40])("one of %i characters is taken", async (length) => {
  const password = "Aa1~!".padEnd(length, "x");
  const { id, address } = await withPassword(password);
  expect(await idOf(address, password)).toBe(id);
});

test("it is hashed with no transaction open, and only when nothing refuses the inbox", async () => {
  const open: number[] = [];
  const passwordHash: typeof t.parts.outside.passwordHash = async (order) => {
    const { rows } = await owner.query(`select count(*)::int as count from pg_stat_activity
      where datname = current_database() and application_name = 'rookery_app' and state like 'idle in transaction%'`);
    open.push(rows[0].count);
    return t.parts.outside.passwordHash(order);
  };
  const door = createDoor({ ...t.parts, outside: { ...t.parts.outside, passwordHash } });
  const actor = await t.authenticator.authenticate(t.rootToken);
  const input = { username: "hashed-once", appPassword: first };
  const { id, address } = await door.run(createInbox, actor, {}, input);
  expect(open).toEqual([0]);
  expect(await idOf(address, first)).toBe(id);
  await expect(door.run(createInbox, actor, {}, input)).rejects.toMatchObject({ code: "inbox.taken" });
  expect(open).toHaveLength(1);
});

test("when too many wait to be hashed it is refused for now, and nothing is made", async () => {
  const door = createDoor({ ...t.parts, outside: { ...t.parts.outside, passwordHash: async () => null } });
  const actor = await t.authenticator.authenticate(t.rootToken);
  const input = { username: "too-many", appPassword: first };
  await expect(door.run(createInbox, actor, {}, input)).rejects.toMatchObject({
    code: "service.unavailable",
  });
  expect((await t.run(t.rootToken, createInbox, {}, input)).address).toBe("too-many@rookery.localhost");
});
