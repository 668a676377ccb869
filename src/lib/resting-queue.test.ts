import { expect, test } from "vitest";
import { QueueFull } from "./fair-queue.ts";
import { createRestingQueue } from "./resting-queue.ts";

/** Callbacks of what was granted have run. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A queue of one permit whose work takes ten milliseconds, and whose rests end when they are let go. */
function open(maxQueued: number) {
  let now = 0;
  const rests: { readonly ms: number; readonly end: () => void }[] = [];
  const queue = createRestingQueue({
    ...{ permits: 1, maxQueued },
    monotonicMs: () => now,
    pause: (ms) => new Promise((resolve) => rests.push({ ms, end: resolve })),
  });
  const order: string[] = [];
  const act = (tenant: string, times: number, failure?: string): Promise<void> =>
    queue.during(
      tenant,
      async () => {
        now += 10;
        order.push(tenant);
        if (failure !== undefined) throw new Error(failure);
      },
      () => times,
    );
  return { rests, order, act };
}

test("a permit rests for so many times as long as its work took, and whoever did the work does not wait for that", async () => {
  const { rests, order, act } = open(10);
  await act("first", 3);
  const next = act("second", 0);
  await settled();
  expect(order).toEqual(["first"]);
  expect(rests.map(({ ms }) => ms)).toEqual([30]);
  rests[0]?.end();
  await next;
  await act("third", 0);
  expect(order).toEqual(["first", "second", "third"]);
  expect(rests).toHaveLength(1);
});

test("work that fails rests as well", async () => {
  const { rests, order, act } = open(10);
  await expect(act("failing", 2, "failed")).rejects.toThrow("failed");
  const next = act("next", 0);
  await settled();
  expect(order).toEqual(["failing"]);
  rests[0]?.end();
  await next;
  expect(rests.map(({ ms }) => ms)).toEqual([20]);
});

test("as many of a tenant wait as may", async () => {
  const { rests, act } = open(1);
  await act("a", 1);
  const waiting = act("a", 0);
  await settled();
  await expect(act("a", 0)).rejects.toThrow(QueueFull);
  rests[0]?.end();
  await waiting;
});
