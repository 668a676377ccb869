import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import { createDoor, type Door } from "../../door/door.ts";
import { Failure } from "../../door/failures.ts";
import type { MailLimits } from "../../door/mail-limits.ts";
import { createPolicy, getPolicy, type Policy, type SetLimits, updatePolicy } from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const create = (limits: Partial<SetLimits> = {}): Promise<Policy> =>
  t.run(t.rootToken, createPolicy, {}, { name: "Standard", limits });

const refusal = (input: Parameters<typeof createPolicy.prepare>[0]): Promise<Failure> =>
  t.refusal(t.rootToken, createPolicy, {}, input);

/** A door of an installation with these maxima. */
function doorWith(limits: Partial<MailLimits>): Door {
  const { installation } = t.parts.lent;
  const maxima = { ...installation.limits, ...limits };
  return createDoor({
    ...t.parts,
    lent: { ...t.parts.lent, installation: { ...installation, limits: maxima } },
  });
}

describe("what is set", () => {
  it.each([-2, 1.5, Number.NaN, 2 ** 60])("may not be %s", async (sentPerDay) => {
    expect(await refusal({ name: "A", limits: { sentPerDay } })).toMatchObject({
      code: "input.invalid",
      details: { path: ["limits", "sentPerDay"] },
    });
  });

  it("may be unlimited only where something else does not bound it", async () => {
    for (const name of [
      "attachmentBytes",
      "attachmentCount",
      "messageBytes",
      "recipientsPerMessage",
    ] as const)
      expect((await refusal({ name: "A", limits: { [name]: -1 } })).code, name).toBe("input.invalid");
  });

  it("keeps junk for fewer days than other mail, or neither at all", async () => {
    const days = (inboxRetentionDays: number | null, spamRetentionDays: number | null) => ({
      inboxRetentionDays,
      spamRetentionDays,
    });
    for (const [inbox, spam] of [
      [7, 7],
      [7, 8],
      [7, -1],
      [0, 1],
    ] as const)
      expect((await refusal({ name: "A", limits: days(inbox, spam) })).code, `${inbox} ${spam}`).toBe(
        "input.invalid",
      );
    for (const [inbox, spam] of [
      [7, 6],
      [-1, 30],
      [-1, -1],
      [0, 0],
      [null, 30],
    ] as const)
      await create(days(inbox, spam));
    // Of a change, with what is set already.
    const { id } = await create(days(30, 7));
    const change = { id, limits: { inboxRetentionDays: 7 } };
    expect((await t.refusal(t.rootToken, updatePolicy, {}, change)).code).toBe("input.invalid");
    // What is inherited goes a day before: what is shown may be set again.
    const { limits } = await create(days(7, null));
    expect(limits.spamRetentionDays).toBe(6);
  });

  it("names media types, in lower case", async () => {
    const { limits } = await create({ attachmentTypes: ["IMAGE/*", "application/pdf"] });
    expect(limits.attachmentTypes).toEqual(["image/*", "application/pdf"]);
    for (const type of ["pdf", "*/pdf", "a/b/c", "", "text/html; charset=x"])
      expect((await refusal({ name: "A", limits: { attachmentTypes: [type] } })).details.path, type).toEqual([
        "limits",
        "attachmentTypes",
        0,
      ]);
  });

  it("has a name, a sensitivity within bounds, and folders with names", async () => {
    const cases = [
      [{ name: "" }, ["name"]],
      [{ name: "a".repeat(257) }, ["name"]],
      [{ name: "A", spamDetection: { spamSensitivity: 5.1 } }, ["spamDetection", "spamSensitivity"]],
      [{ name: "A", spamDetection: { spamSensitivity: Number.NaN } }, ["spamDetection", "spamSensitivity"]],
      [{ name: "A", options: { additionalFolders: [""] } }, ["options", "additionalFolders", 0]],
    ] as const;
    for (const [input, path] of cases)
      expect(await refusal(input)).toMatchObject({ code: "input.invalid", details: { path } });
  });
});

describe("maxima of the installation", () => {
  it("refuse what is above them, no limit as well", async () => {
    const door = doorWith({ sentPerDay: 200 });
    const actor = await t.authenticator.authenticate(t.rootToken);
    for (const sentPerDay of [201, -1]) {
      const act = door.run(createPolicy, actor, {}, { name: "A", limits: { sentPerDay } });
      const failure = await act.catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(Failure);
      expect(failure).toMatchObject({
        code: "limit.exceeded",
        message: "limits.sentPerDay exceeds plan maximum of 200",
      });
    }
    const policy = await door.run(createPolicy, actor, {}, { name: "A" });
    expect(policy.limits.sentPerDay).toBe(200);
  });

  it("that were lowered since lower what holds, and what is set stays", async () => {
    const { id } = await create({ sentPerDay: 500 });
    const actor = await t.authenticator.authenticate(t.rootToken);
    const policy = await doorWith({ sentPerDay: 200 }).run(getPolicy, actor, {}, { id });
    expect([policy.limits.sentPerDay, policy.set.sentPerDay]).toEqual([200, 500]);
  });
});
