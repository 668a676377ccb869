import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { allDrafts } from "../../../../test/support/lists.ts";
import { openTestDoor, type TestDoor } from "../../../../test/support/test-door.ts";
import type { Cursor, Page } from "../../door/cursor.ts";
import type { At } from "../../door/targets.ts";
import {
  type CreateDraft,
  createDraft,
  type Draft,
  type FullDraft,
  type ListDrafts,
  listDrafts,
  updateDraft,
} from "./index.ts";

let t: TestDoor;
beforeAll(async () => {
  t = await openTestDoor();
});
afterAll(() => t.close());

const create = (inbox: string, input: Partial<CreateDraft>): Promise<FullDraft> =>
  t.run(t.rootToken, createDraft, { inbox }, { replyAll: false, ...input });
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000);

describe("lists of drafts", () => {
  it("are by the last change at every scope, in pages, and narrowed by labels and times", async () => {
    const { pod } = await t.seed.tenant();
    const inbox = (await t.seed.inbox(pod)).address;
    const other = (await t.seed.inbox(pod)).address;
    const made: FullDraft[] = [];
    for (const [at, labels] of [
      [inbox, ["a"]],
      [inbox, ["a", "b"]],
      [other, ["b"]],
    ] as const)
      made.push(await create(at, { labels, sendAt: inDays(1) }));
    const list = async (at: At, narrowed: Partial<ListDrafts> = {}, size = 2): Promise<string[]> => {
      const ids: string[] = [];
      for (let after: Cursor | null = null; ; ) {
        const page: Page<Draft> = await t.run(t.rootToken, listDrafts, at, {
          ...{ ...allDrafts, ...narrowed },
          page: { size, after, ascending: false },
        });
        ids.push(...page.items.map(({ id }) => id));
        if (page.next === null) return ids;
        after = page.next;
      }
    };
    const [one, two, three] = made.map(({ id }) => id);
    expect(await list({ pod })).toEqual([three, two, one]);
    expect(await list({ inbox })).toEqual([two, one]);
    expect((await list({})).slice(0, 3)).toEqual([three, two, one]);
    expect(await list({ pod }, { labels: ["a", "scheduled"] })).toEqual([two, one]);
    expect(await list({ pod }, { labels: ["a", "b"] }, 1)).toEqual([two]);
    expect(await list({ pod }, { before: made[1]?.updatedAt ?? null })).toEqual([one]);
    expect(await list({ pod }, { after: made[1]?.updatedAt ?? null })).toEqual([three]);
    const [first] = made;
    const change = { removeAttachments: [], addLabels: [], removeLabels: [], subject: "changed" };
    await t.run(t.rootToken, updateDraft, { inbox }, { draftId: first?.id ?? "", ...change });
    expect(await list({ pod })).toEqual([one, three, two]);
  });
});
