import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { dkimVerdicts, hasDkimVerifier } from "../../../../test/support/dkim-verifier.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { createDoor, type Door } from "../../door/door.ts";
import { LARGE_MAIL_BYTES } from "../../limits.ts";
import { createAlias } from "../../tenancy/aliases/index.ts";
import {
  createDomain,
  type DescribedDomain,
  registerOwnDomain,
  rotateDkimKeys,
  trustDomain,
  updateDomain,
} from "../../tenancy/domains/index.ts";
import { createInbox } from "../../tenancy/inboxes/index.ts";
import { sendMessage } from "./index.ts";

let t: TestDoor;
let open: Door;
beforeAll(async () => {
  t = await openTestDoor();
  const { lent } = t.parts;
  open = createDoor({
    ...t.parts,
    lent: { ...lent, installation: { ...lent.installation, sendsOut: true } },
  });
});
afterAll(() => t.close());

const send = async (inbox: string, to: string, more: object = {}) =>
  open.run(
    sendMessage,
    await t.authenticator.authenticate(t.rootToken),
    { inbox },
    {
      to: [to],
      subject: "Hi",
      text: "Hello",
      idempotencyKey: null,
      ...more,
    },
  );

const rawOf = async (messageId: string): Promise<Buffer> =>
  t.behind(async (tx) => {
    const { rows } = await sql<{ content: Buffer }>`
      select b.content from messages m join blobs b on b.pod_id = m.pod_id and b.sha256 = m.raw_sha256
      where m.message_id = ${messageId}`.execute(tx.within(systemScope));
    return rows[0]?.content ?? Buffer.alloc(0);
  });

/** Trusted, so that nothing has to be published. */
async function trusted(domain: string): Promise<{ pod: string; inbox: string; made: DescribedDomain }> {
  const pod = await t.seed.pod();
  const made = await t.run(t.rootToken, createDomain, { pod }, { domain });
  await t.run(t.rootToken, trustDomain, {}, { domain, trusted: true });
  const inbox = await t.run(t.rootToken, createInbox, { pod }, { username: "agent", domain });
  return { pod, inbox: inbox.address, made };
}

const published = ({ records }: DescribedDomain): Record<string, string> =>
  Object.fromEntries(records.flatMap(({ type, name, value }) => (type === "TXT" ? [[name, value]] : [])));

it.skipIf(!hasDkimVerifier)(
  "mail that leaves is stored as it is sent, with signatures that verify; skipped without dkimpy because it comes from PyPI",
  async () => {
    const { inbox, made } = await trusted("signed.example");
    const small = await send(inbox, "bob@elsewhere.example", {
      headers: {
        "List-Unsubscribe": "<https://signed.example/u>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
      },
    });
    const file = { filename: "big.bin", content: Buffer.alloc(LARGE_MAIL_BYTES, 7).toString("base64") };
    const large = await send(inbox, "bob@elsewhere.example", { attachments: [file] });
    const mails = [await rawOf(small.messageId), await rawOf(large.messageId)];
    expect(mails[0]?.toString()).toContain("List-Unsubscribe: <https://signed.example/u>");
    expect(mails[0]?.toString()).toMatch(/^Date: /m);
    expect(mails[0]?.toString()).toMatch(/^MIME-Version: 1\.0/m);
    expect(dkimVerdicts(mails, published(made))).toEqual([
      [true, true],
      [true, true],
    ]);
  },
);

it("mail that stays here is not signed, and a mail for both is", async () => {
  const { inbox } = await trusted("both.example");
  const { inbox: neighbour } = await trusted("neighbour.example");
  const here = await send(inbox, neighbour);
  expect((await rawOf(here.messageId)).toString()).not.toContain("DKIM-Signature");
  const both = await send(inbox, neighbour, { cc: ["bob@elsewhere.example"] });
  expect((await rawOf(both.messageId)).toString().match(/^DKIM-Signature/gm)).toHaveLength(2);
});

it("a key that waits for its record signs nothing yet", async () => {
  const { inbox, made } = await trusted("waits.example");
  await t.run(t.rootToken, rotateDkimKeys, {}, { domain: "waits.example" });
  const raw = (await rawOf((await send(inbox, "bob@elsewhere.example")).messageId)).toString();
  const selectors = [...raw.matchAll(/ s=(\w+);/g)].map(([, selector]) => selector);
  expect(selectors).toEqual(made.records.slice(0, 2).map(({ name }) => name.split(".")[0]));
});

it("an inbox on a domain that is not verified cannot send out, and is told what is missing; to inboxes here it can", async () => {
  const pod = await t.seed.pod();
  const inbox = await t.run(t.rootToken, createInbox, { pod }, { username: "own" });
  const { inbox: neighbour } = await trusted("reachable.example");
  await send(inbox.address, neighbour);
  const refused = () =>
    send(inbox.address, "bob@elsewhere.example").then(
      () => null,
      (error: unknown) => error,
    );
  expect(await refused()).toMatchObject({
    code: "domain.not_verified",
    details: { hint: expect.stringContaining("rookery domains trust") },
  });
  await t.run(t.rootToken, registerOwnDomain, {}, undefined);
  expect(await refused()).toMatchObject({ code: "domain.not_verified" });
  await t.run(t.rootToken, trustDomain, {}, { domain: "rookery.localhost", trusted: true });
  expect(await refused()).toBeNull();
  await t.run(t.rootToken, trustDomain, {}, { domain: "rookery.localhost", trusted: false });
  expect(await refused()).toMatchObject({ code: "domain.not_verified" });
});

it("an address below a domain is signed for by that, and another tenant's domain signs nothing", async () => {
  const { pod } = await trusted("parent.example");
  await t.behind((tx) =>
    sql`update domains set subdomains_enabled = true where domain = 'parent.example'`.execute(
      tx.within(systemScope),
    ),
  );
  const inbox = await t.run(
    t.rootToken,
    createInbox,
    { pod },
    { username: "a", domain: "team.parent.example" },
  );
  const raw = (await rawOf((await send(inbox.address, "bob@elsewhere.example")).messageId)).toString();
  expect(raw).toContain("d=parent.example;");
  const stranger = await t.seed.pod();
  await t.behind((tx) =>
    sql`update domains set pod_id = ${stranger}::uuid where domain = 'parent.example'`.execute(
      tx.within(systemScope),
    ),
  );
  await expect(send(inbox.address, "bob@elsewhere.example")).rejects.toMatchObject({
    code: "domain.not_verified",
  });
});

it("an inbox on a name that another tenant has verified since writes to no other server, though its tenant has what is above", async () => {
  const { pod, made } = await trusted("above.example");
  await t.run(t.rootToken, updateDomain, {}, { domain: made.domain.domain, subdomainsEnabled: true });
  const create = (domain: string) => t.run(t.rootToken, createInbox, { pod }, { username: "held", domain });
  const [held, free] = [await create("team.above.example"), await create("other.above.example")];
  await send(held.address, "a@far.test");
  await trusted("team.above.example");
  await expect(send(held.address, "a@far.test")).rejects.toMatchObject({ code: "domain.not_verified" });
  await send(free.address, "a@far.test");
});

it("nothing is sent from an address whose domain another tenant has verified since, to inboxes here neither", async () => {
  const tenantOf = async (domain: string, subdomainsEnabled: boolean) => {
    const { pod, token } = await t.seed.tenant();
    await t.run(token, createDomain, {}, { domain, subdomainsEnabled });
    await t.run(t.rootToken, trustDomain, {}, { domain, trusted: true });
    return { pod, token };
  };
  const before = await tenantOf("held.example", true);
  const left = (await t.run(before.token, createInbox, {}, { username: "ceo", domain: "team.held.example" }))
    .address;
  const kept = (await t.run(before.token, createInbox, {}, { username: "ceo", domain: "held.example" }))
    .address;
  const plain = (await t.seed.inbox(before.pod)).address;
  const alias = "sales@team.held.example";
  await t.run(before.token, createAlias, { inbox: plain }, { address: alias });
  const to = [(await t.seed.inbox()).address];
  const mail = { to, text: "Wire it", idempotencyKey: null };
  const sendAs = (inbox: string, from?: string) =>
    t.run(before.token, sendMessage, { inbox }, { ...mail, ...(from !== undefined && { from }) });
  await sendAs(left);
  await sendAs(plain, alias);
  const since = await tenantOf("team.held.example", false);
  const own = (await t.run(since.token, createInbox, {}, { username: "info", domain: "team.held.example" }))
    .address;
  const notVerified = { code: "domain.not_verified" };
  await expect(sendAs(left)).rejects.toMatchObject(notVerified);
  await expect(sendAs(plain, alias)).rejects.toMatchObject(notVerified);
  await sendAs(kept);
  await sendAs(plain);
  await t.run(since.token, sendMessage, { inbox: own }, mail);
});
