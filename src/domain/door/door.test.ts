/** What the door promises to every operation, shown with operations made for the purpose. */
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../test/support/test-door.ts";
import { type Actor, type Permission, systemActor, systemScope } from "./access/index.ts";
import type { Context } from "./context.ts";
import { createDoor, type Door, type DoorParts } from "./door.ts";
import { Failure, invalid } from "./failures.ts";
import { operation } from "./operation.ts";
import type { FilesOrder } from "./outside.ts";

let t: TestDoor;
let root: Actor;
let pod: string;
let inbox: string;
beforeAll(async () => {
  t = await openTestDoor();
  root = await t.authenticator.authenticate(t.rootToken);
  pod = await t.seed.pod();
  inbox = await makeInbox(pod);
});
afterAll(async () => {
  await t.close();
});

const makeInbox = async (podId: string): Promise<string> => (await t.seed.inbox(podId)).address;

/** An actor of the pod's key with these permissions and no other; without any, all that a pod's key has. */
async function podActor(...permissions: readonly Permission[]): Promise<Actor> {
  return t.authenticator.authenticate((await t.seed.key({ pod }, ...permissions)).token);
}

const codeOf = async (act: Promise<unknown>): Promise<string> => {
  const error = await act.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return error instanceof Failure ? error.code : String(error);
};

const inboxIdOf = async (address: string): Promise<string> => {
  const row = await t.behind((tx) =>
    tx
      .within(systemScope)
      .selectFrom("addresses")
      .where("address", "=", address)
      .select("inbox_id")
      .executeTakeFirst(),
  );
  return row?.inbox_id ?? "";
};

/** Audit rows of an operation, in the order they were made. */
const auditOf = (name: string) =>
  t.behind((tx) =>
    tx
      .within(systemScope)
      .selectFrom("audit")
      .where("operation", "like", `${name}%`)
      .select(["operation", "pod_id", "inbox_id", "target", "actor"])
      .orderBy("id")
      .execute(),
  );

/** A door beside the tested one, with some parts of its own. */
const doorWith = (parts: Partial<DoorParts>): Door => createDoor({ ...t.parts, ...parts });

describe("permissions", () => {
  const both = operation({
    name: "test.both",
    needs: [
      "message_read",
      { permission: "message_send", if: ({ send }: { send: boolean }) => send, says: "when it sends" },
    ],
    on: "any",
    kind: "read",
    run: async () => "done",
  });

  it("are all asked for, and those that depend on the input only by inputs that need them", async () => {
    const [reader, sender, owner] = [
      await podActor("message_read"),
      await podActor("message_send"),
      await podActor(),
    ];
    expect(await codeOf(t.door.run(both, sender, {}, { send: true }))).toBe("permission.missing");
    expect(await codeOf(t.door.run(both, reader, {}, { send: true }))).toBe("permission.missing");
    expect(await t.door.run(both, reader, {}, { send: false })).toBe("done");
    expect(await t.door.run(both, owner, {}, { send: true })).toBe("done");
  });

  it("can be listed without an input", () => {
    expect(both.needs.map(({ permission, says }) => [permission, says])).toEqual([
      ["message_read", null],
      ["message_send", "when it sends"],
    ]);
  });
});

describe("a check", () => {
  const checked = operation({
    name: "test.checked",
    needs: ["message_send"],
    on: "inbox",
    kind: "write",
    check({ size }: { size: number }, { installation }) {
      if (size > installation.maxMessageBytes) throw invalid(["size"], "too large");
      return { doubled: 2 * size };
    },
    run: async (_context, { doubled }) => doubled,
  });

  it("comes behind the permissions and before the target is looked for, and what it gives is what runs", async () => {
    const sender = await podActor("message_send");
    const nowhere = { inbox: "nobody@nowhere.test" };
    const wrong = { size: Number.MAX_SAFE_INTEGER };
    expect(await codeOf(t.door.run(checked, await podActor("message_read"), nowhere, wrong))).toBe(
      "permission.missing",
    );
    expect(await codeOf(t.door.run(checked, sender, nowhere, wrong))).toBe("input.invalid");
    expect(await codeOf(t.door.run(checked, sender, nowhere, { size: 1 }))).toBe("inbox.not_found");
    expect(await t.door.run(checked, sender, { inbox }, { size: 1 })).toBe(2);
  });

  it("needs no connection: it refuses an input while the database gives none", async () => {
    const waiting = new Promise<never>(() => undefined);
    const door = doorWith({ database: { ...t.database, transaction: () => waiting } });
    expect(await codeOf(door.run(checked, root, { inbox }, { size: Number.MAX_SAFE_INTEGER }))).toBe(
      "input.invalid",
    );
  });
});

describe("a target", () => {
  const whereabouts = operation({
    name: "test.whereabouts",
    needs: ["inbox_read"],
    on: "inbox",
    kind: "read",
    run: async ({ inbox: { address }, scope }) => ({ address, level: scope.level }),
  });

  it("is found by address or by id, inside the actor's scope only", async () => {
    const id = await inboxIdOf(inbox);
    const owner = await podActor();
    for (const named of [inbox, inbox.toUpperCase(), { address: inbox }, { id }])
      for (const actor of [root, owner])
        expect(await t.door.run(whereabouts, actor, { inbox: named }, undefined)).toEqual({
          address: inbox,
          level: "inbox",
        });
    const otherPod = await t.seed.pod();
    const foreign = await inboxIdOf(await makeInbox(otherPod));
    for (const named of [{ id: foreign }, { id: crypto.randomUUID() }, { id: "no uuid" }])
      expect(await codeOf(t.door.run(whereabouts, owner, { inbox: named }, undefined))).toBe(
        "inbox.not_found",
      );
    expect(await codeOf(t.door.run(whereabouts, root, { pod: otherPod, inbox: { id } }, undefined))).toBe(
      "inbox.not_found",
    );
  });

  it("that is the organization is refused to keys of a part of it", async () => {
    const wide = operation({
      name: "test.wide",
      needs: ["inbox_create"],
      on: "organization",
      kind: "read",
      run: async ({ scope }) => scope.level,
    });
    expect(await t.door.run(wide, root, {}, undefined)).toBe("organization");
    expect(await codeOf(t.door.run(wide, await podActor(), {}, undefined))).toBe("scope.forbidden");
    expect(await codeOf(t.door.run(wide, root, { pod }, undefined))).toContain("run on a part of it");
  });
});

describe("an audit row", () => {
  it("is written for each object that changed, and one for a write that names none", async () => {
    const many = operation({
      name: "test.many",
      needs: ["inbox_create"],
      on: "organization",
      kind: "write",
      async run(context, targets: readonly string[]) {
        context.changed(targets.map((target) => ({ operation: "test.many.each", podId: pod, target })));
      },
    });
    await t.door.run(many, root, {}, ["one", "two", "three"]);
    const each = { operation: "test.many.each", pod_id: pod, inbox_id: null, actor: "key" };
    expect(await auditOf("test.many")).toEqual(
      ["one", "two", "three"].map((target) => ({ ...each, target })),
    );
    await t.door.run(many, root, {}, []);
    expect((await auditOf("test.many")).slice(3)).toEqual([
      { operation: "test.many", pod_id: t.organizationId, inbox_id: null, target: null, actor: "key" },
    ]);
  });
});

/** Counts its runs in rows that only a commit keeps. */
async function mark(context: Context, target: string): Promise<void> {
  await sql`
    insert into audit (pod_id, id, organization_id, inbox_id, actor, key_id, operation, target, created_at)
    values (${context.scope.podId}, ${context.newId()}, ${context.scope.organizationId}, ${context.scope.inboxId}, 'test', null,
      'test.mark', ${target}, ${context.now})`.execute(context.tx.within(context.scope));
}

describe("work outside", () => {
  it("ends the run that wants it, which leaves nothing, and what came of it is there in the next", async () => {
    const orders: FilesOrder[] = [];
    const door = doorWith({
      outside: {
        ...t.parts.outside,
        async files(order) {
          orders.push(order);
          return { kind: "busy" };
        },
      },
    });
    let runs = 0;
    const fetching = operation({
      name: "test.fetching",
      needs: ["message_send"],
      on: "inbox",
      kind: "write",
      async run(context) {
        const run = `run ${++runs}`;
        await mark(context, run);
        const order = { podId: pod, urls: ["https://x.test/"], maxBytes: 1, timeoutMs: 1, maxRedirects: 0 };
        return context.outside({ kind: "files", ...order }).kind;
      },
    });
    expect(await door.run(fetching, root, { inbox }, undefined)).toBe("busy");
    expect(orders).toMatchObject([{ podId: pod, urls: ["https://x.test/"] }]);
    expect((await auditOf("test.mark")).map(({ target }) => target)).toEqual(["run 2"]);
    expect(await auditOf("test.fetching")).toHaveLength(1);
  });
});

it("outside work is done in a bounded number of steps, each once", async () => {
  let asked = 0;
  const files = async () => ({ kind: "refused", index: ++asked, why: "" }) as const;
  const door = doorWith({ outside: { ...t.parts.outside, files } });
  const order = { podId: pod, urls: [], maxBytes: 1, timeoutMs: 1, maxRedirects: 0 };
  const steps = operation({
    name: "test.steps",
    needs: ["message_send"],
    on: "inbox",
    kind: "write",
    run: async ({ outside }, count: number) =>
      Array.from({ length: count }, () => outside({ kind: "files", ...order })).map(
        (outcome) => outcome.kind === "refused" && outcome.index,
      ),
  });
  expect(await door.run(steps, root, { inbox }, 2)).toEqual([1, 2]);
  await expect(door.run(steps, root, { inbox }, 3)).rejects.toThrow(
    "needs more than 2 steps of outside work",
  );
  expect(asked).toBe(4);
});

describe("an actor of the system", () => {
  const scopeOf = operation({
    name: "test.scope_of",
    needs: "system",
    on: "any",
    kind: "write",
    async run({ tx, scope }) {
      const rows = await tx.within(scope).selectFrom("inboxes").select("address").execute();
      return rows.map(({ address }) => address);
    },
  });

  it("sees one pod or inbox, and what it does is on record under its name", async () => {
    const neighbour = await makeInbox(pod);
    await makeInbox(await t.seed.pod());
    const inPod = await systemActor(t.database, "test", { podId: pod });
    const inInbox = await systemActor(t.database, "test", { podId: pod, inboxId: await inboxIdOf(inbox) });
    if (inPod === null || inInbox === null) throw new Error("there are a pod and an inbox");
    expect((await t.door.run(scopeOf, inPod, {}, undefined)).toSorted()).toEqual(
      [inbox, neighbour].toSorted(),
    );
    expect(await t.door.run(scopeOf, inInbox, {}, undefined)).toEqual([inbox]);
    expect(await codeOf(t.door.run(scopeOf, inPod, { inbox: "nobody@nowhere.test" }, undefined))).toBe(
      "inbox.not_found",
    );
    expect(await auditOf("test.scope_of")).toMatchObject([{ actor: "test" }, { actor: "test" }]);
  });

  it("is none for a pod or an inbox that is not there", async () => {
    const absent = crypto.randomUUID();
    expect(await systemActor(t.database, "test", { podId: absent })).toBeNull();
    expect(await systemActor(t.database, "test", { podId: pod, inboxId: absent })).toBeNull();
    const elsewhere = { podId: t.organizationId, inboxId: await inboxIdOf(inbox) };
    expect(await systemActor(t.database, "test", elsewhere)).toBeNull();
  });

  it("alone may run what is the system's: a key that may do everything may not", async () => {
    await expect(t.door.run(scopeOf, root, {}, undefined)).rejects.toThrow("which is the system's");
  });
});

describe("a narrowing that fails", () => {
  it("lets nothing through: nothing is read, nothing is written, and the caller has no answer", async () => {
    let seen: unknown = "nothing";
    const peeking = operation({
      name: "test.peeking",
      needs: ["inbox_read"],
      on: "inbox",
      kind: "write",
      async run(context) {
        await mark(context, "peeked").catch(() => undefined);
        seen = await context.tx
          .within(context.scope)
          .selectFrom("inboxes")
          .select("id")
          .execute()
          .catch(() => "nothing");
        return "an answer";
      },
    });
    const door = doorWith({
      database: {
        ...t.database,
        transaction: (scope, work) =>
          t.database.transaction(scope, (tx) => {
            // The statement itself fails, in its place among the others.
            tx.narrow = async () => void (await sql`select 1 / 0`.execute(tx.within(scope)));
            return work(tx);
          }),
      },
    });
    await expect(door.run(peeking, root, { inbox }, undefined)).rejects.toThrow("division by zero");
    expect(seen).toBe("nothing");
    expect((await auditOf("test.mark")).map(({ target }) => target)).not.toContain("peeked");
    expect(await auditOf("test.peeking")).toEqual([]);
  });
});
