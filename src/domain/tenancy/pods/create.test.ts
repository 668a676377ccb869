import { afterAll, beforeAll, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { systemScope } from "../../door/access/index.ts";
import { createPod, getPod } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

it("a pod has the name and client_id it was given, and My Pod for a name it was not", async () => {
  const named = await t.run(t.rootToken, createPod, {}, { name: "Acme", clientId: "acme" });
  expect(named).toMatchObject({ organizationId: t.organizationId, name: "Acme", clientId: "acme" });
  expect(await t.run(t.rootToken, getPod, { pod: named.id }, undefined)).toEqual(named);
  expect(await t.run(t.rootToken, createPod, {}, {})).toMatchObject({ name: "My Pod", clientId: null });
});

it("a name that would break a header, is empty or too long is refused, and makes no pod", async () => {
  for (const name of ["", "a\r\nBcc: x@example.com", "a\u0000b", "x".repeat(257)])
    expect(await t.refusal(t.rootToken, createPod, {}, { name, clientId: "wrong" }), name).toMatchObject({
      code: "input.invalid",
      details: { path: ["name"] },
    });
  const rows = await t.behind((tx) =>
    tx.within(systemScope).selectFrom("pods").select("id").where("client_id", "=", "wrong").execute(),
  );
  expect(rows).toEqual([]);
});

it("no key of a pod or an inbox makes one", async () => {
  const pod = await t.seed.pod();
  const { address: inbox } = await t.seed.inbox(pod);
  for (const { token } of [await t.seed.key({ pod }), await t.seed.key({ inbox })])
    expect((await t.refusal(token, createPod, {}, {})).code).toMatch(
      /^(permission\.missing|scope\.forbidden)$/,
    );
});
