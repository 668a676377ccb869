import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "../../../../test/support/eventually.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import type { Failure } from "../../door/failures.ts";
import type { Operation } from "../../door/operation.ts";
import type { At } from "../../door/targets.ts";
import { type CreateWebhook, createWebhook, deleteWebhook } from "../../notify/webhooks/index.ts";
import { createDomain, type DescribedDomain, deleteDomain } from "../domains/index.ts";
import { createInbox, deleteInbox, type Inbox } from "../inboxes/index.ts";
import { createPod, deletePod } from "../pods/index.ts";

let t: TestDoor;
let pod: string;
let inbox: string;
let owner: pg.Client;
beforeAll(async () => {
  t = await openTestDoor();
  pod = await t.seed.pod();
  inbox = (await t.seed.inbox(pod)).address;
  owner = new pg.Client(t.engine.connection);
  await owner.connect();
});
afterAll(async () => {
  await owner.end();
  await t.close();
});

/** Something that can be made under a name. */
interface Noun {
  readonly noun: string;
  readonly create: (clientId: string) => Promise<object>;
  /** With an input that is refused where it counts. */
  readonly createWrong: (clientId: string) => Promise<object>;
  readonly refusal: () => Promise<Failure>;
  readonly remove: (made: object) => Promise<void>;
}

interface NounSpec<Input, Thing extends object> {
  readonly create: Operation<Input & { clientId?: string }, Thing>;
  readonly at?: () => At;
  readonly input: Input;
  readonly wrong: Input;
  readonly remove: (made: Thing) => Promise<void>;
}

function nounOf<Input extends object, Thing extends object>(
  noun: string,
  { create, at = () => ({}), input, wrong, remove }: NounSpec<Input, Thing>,
): Noun {
  const run = (given: Input, clientId: string) => t.run(t.rootToken, create, at(), { ...given, clientId });
  return {
    noun,
    create: (clientId) => run(input, clientId),
    createWrong: (clientId) => run(wrong, clientId),
    refusal: () => t.refusal(t.rootToken, create, at(), wrong),
    // Cast: it is given what `create` gave.
    remove: (made) => remove(made as Thing),
  };
}

const hook: Omit<CreateWebhook, "clientId"> = {
  url: "https://hooks.example.com/in",
  eventTypes: ["message.received"],
  podIds: [],
  inboxIds: [],
};
const inPod = (): At => ({ pod });
const inInbox = (): At => ({ inbox });
const removeInbox = ({ address }: Inbox) => t.run(t.rootToken, deleteInbox, { inbox: address }, undefined);
const removeDomain = ({ domain: { domain } }: DescribedDomain) =>
  t.run(t.rootToken, deleteDomain, {}, { domain });
const removeWebhook = ({ id }: { id: string }) => t.run(t.rootToken, deleteWebhook, {}, { id });

const nouns = [
  nounOf("a pod", {
    create: createPod,
    input: {},
    wrong: { name: "" },
    remove: ({ id }) => t.run(t.rootToken, deletePod, { pod: id }, undefined),
  }),
  nounOf("an inbox", {
    create: createInbox,
    input: { username: "named" },
    wrong: { username: "@" },
    remove: removeInbox,
  }),
  nounOf("an inbox of a pod", {
    create: createInbox,
    at: inPod,
    input: {},
    wrong: { domain: "elsewhere.example" },
    remove: removeInbox,
  }),
  nounOf("a domain", {
    create: createDomain,
    input: { domain: "named-one.com" },
    wrong: { domain: "com" },
    remove: removeDomain,
  }),
  nounOf("a domain of a pod", {
    create: createDomain,
    at: inPod,
    input: { domain: "named-two.com" },
    wrong: { domain: "@" },
    remove: removeDomain,
  }),
  nounOf("a webhook", {
    create: createWebhook,
    input: hook,
    wrong: { ...hook, inboxIds: ["nobody@x.test"] },
    remove: removeWebhook,
  }),
  nounOf("a webhook of a pod", {
    create: createWebhook,
    at: inPod,
    input: hook,
    wrong: { ...hook, url: "no URL" },
    remove: removeWebhook,
  }),
  nounOf("a webhook of an inbox", {
    create: createWebhook,
    at: inInbox,
    input: hook,
    wrong: { ...hook, eventTypes: [] },
    remove: removeWebhook,
  }),
];

describe.each(nouns)("the client_id of $noun", ({ create, createWrong, refusal, remove }) => {
  it("names one thing, whatever else is asked for with it, until that is deleted, and then one other", async () => {
    const first = await create("mine");
    expect(JSON.stringify(first)).toContain('"clientId":"mine"');
    expect(await create("mine")).toEqual(first);
    expect(await createWrong("mine")).toEqual(first);
    expect((await refusal()).code).toMatch(/^(input\.invalid|domain\.not_verified|inbox\.not_found)$/);

    await remove(first);
    const [second, ...others] = await Promise.all([1, 2, 3].map(() => create("mine")));
    expect(JSON.stringify(second)).toContain('"clientId":"mine"');
    for (const other of others) expect(other).toEqual(second);
    expect(second).not.toEqual(first);
    expect(await create("mine")).toEqual(second);
  });
});

const createNamed = (clientId: string) => t.run(t.rootToken, createPod, {}, { clientId });

it("a create that meets a name on its way to be freed waits, and makes a thing that stays", async () => {
  const { id } = await createNamed("contested");
  await owner.query("begin");
  await owner.query("select from client_ids where resource_id = $1 for update", [id]);
  const creating = createNamed("contested");
  await eventually("the create waits for the name", async () => {
    const { rows } = await owner.query(
      "select from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))",
    );
    return rows.length > 0;
  });
  await owner.query("delete from client_ids where resource_id = $1", [id]);
  await owner.query("delete from pods where id = $1", [id]);
  await owner.query("commit");
  const second = await creating;
  expect(second.id).not.toBe(id);
  expect(await createNamed("contested")).toEqual(second);
});

it("what a repeated create is on record for is the thing that is there", async () => {
  const { id } = await createNamed("audited");
  await createNamed("audited");
  const rows = await t.behind((tx) =>
    tx
      .within(systemScope)
      .selectFrom("audit")
      .where("operation", "=", "pod.create")
      .where("target", "=", id)
      .select("target")
      .execute(),
  );
  expect(rows).toHaveLength(2);
});

it("a name that could not stand in a path is refused", async () => {
  for (const clientId of ["", "a b", "a/b", "a@b", "ä", "x".repeat(257)])
    expect(await t.refusal(t.rootToken, createPod, {}, { clientId }), clientId).toMatchObject({
      code: "input.invalid",
      details: { path: ["clientId"] },
    });
});

it("a key of the Default Pod, whose id the organization has, learns nothing of the organization's names", async () => {
  const { token } = await t.seed.key({ pod: t.organizationId });
  const named = { ...hook, clientId: "shared" };
  const [wholeHook, podHook] = [
    await t.run(t.rootToken, createWebhook, {}, named),
    await t.run(token, createWebhook, {}, named),
  ];
  expect(podHook.id).not.toBe(wholeHook.id);
  expect(await t.run(t.rootToken, createWebhook, {}, named)).toEqual(wholeHook);
  expect(await t.run(token, createWebhook, {}, named)).toEqual(podHook);

  const domainOf = (by: string, domain: string) =>
    t.run(by, createDomain, {}, { domain, clientId: "shared" });
  const wholeDomain = await domainOf(t.rootToken, "of-all.com");
  const podDomain = await domainOf(token, "of-default.com");
  expect(podDomain.domain.id).not.toBe(wholeDomain.domain.id);
  expect(await domainOf(t.rootToken, "of-all.com")).toEqual(wholeDomain);
  expect(await domainOf(token, "of-default.com")).toEqual(podDomain);
});
