import { describe, expect, it } from "vitest";
import { apply, plan, said, wanted } from "../../../../test/support/fleet.ts";
import { openTestDoor } from "../../../../test/support/test-door.ts";
import type { FleetDocument } from "../../../protocols/fleet-file/index.ts";

describe("removal", () => {
  const empty = (slugs: readonly string[]): FleetDocument => ({
    version: 1,
    tenants: slugs.map((slug) => ({ slug, inboxes: [] })),
  });
  it("happens only when it is asked for, suspends first, and is undone when the tenant is back", async () => {
    const t = await openTestDoor();
    try {
      await apply(t, wanted(empty(["a", "b", "c"])));
      expect(said(await apply(t, wanted(empty(["a"]))))).toEqual([]);
      expect(said(await plan(t, wanted(empty(["a"]), { prune: true })))).toEqual([
        "suspend pod b",
        "suspend pod c",
      ]);
      expect(said(await apply(t, wanted(empty(["a"]), { prune: true })))).toEqual([
        "suspend pod b",
        "suspend pod c",
      ]);
      expect(said(await apply(t, wanted(empty(["a"]), { prune: true })))).toEqual([]);
      expect(said(await apply(t, wanted(empty(["a", "b"]))))).toEqual(["resume pod b"]);
      expect(said(await apply(t, wanted(empty(["a", "b"]), { prune: true, now: true })))).toEqual([
        "delete pod c",
      ]);
      expect(said(await plan(t, wanted(empty(["a", "b", "c"]))))).toEqual(["create pod c"]);
    } finally {
      await t.close();
    }
  });
  it("is capped, and an empty document removes nothing that is not said", async () => {
    const t = await openTestDoor();
    try {
      const slugs = Array.from({ length: 12 }, (_, index) => `t${index}`);
      await apply(t, wanted(empty(slugs)));
      await expect(apply(t, wanted(empty(["t0"]), { prune: true }))).rejects.toMatchObject({
        code: "limit.exceeded",
      });
      await expect(apply(t, wanted(empty([]), { prune: true }))).rejects.toMatchObject({
        code: "input.invalid",
      });
      expect(said(await apply(t, wanted(empty(["t0"]), { prune: true, maxDelete: 11 })))).toHaveLength(11);
    } finally {
      await t.close();
    }
  });
});
