import { expect, it } from "vitest";
import type { ProcessLocks } from "../storage/process-locks.ts";
import { trackPods } from "./pods-under-way.ts";

/** Locks of a database that another process uses as well. */
function locksBeside(others: ReadonlySet<string>): ProcessLocks & { readonly held: Set<string> } {
  const held = new Set<string>();
  return {
    held,
    async tryLock(name) {
      if (others.has(name)) return false;
      held.add(name);
      return true;
    },
    unlock: async (name) => void held.delete(name),
    close: async () => undefined,
  };
}

const job = { podId: "pod", eventId: "event", webhookId: "webhook", attempt: 1, messageUuid: null };
const noFailure = (error: unknown): never => {
  throw error;
};

it("a pod that another process has is left to it", async () => {
  const pods = trackPods(locksBeside(new Set(["pod"])), noFailure);
  expect(await pods.holding("pod", (isOurs) => isOurs)).toBe(false);
});

it("a pod is this process's while it is looked at and while an attempt is under way, and no longer", async () => {
  const locks = locksBeside(new Set());
  const pods = trackPods(locks, noFailure);
  await pods.holding("pod", async () => {
    pods.begin(job);
    return false;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect([[...locks.held], pods.has(job), pods.underWay("pod")]).toEqual([["pod"], true, [job]]);
  pods.end(job);
  await new Promise((resolve) => setImmediate(resolve));
  expect([[...locks.held], pods.has(job), pods.underWay("pod")]).toEqual([[], false, []]);
});
