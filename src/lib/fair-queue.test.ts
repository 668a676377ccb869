import { expect, test } from "vitest";
import { createFairQueue, type FairQueue, QueueFull } from "./fair-queue.ts";

/** Requests `count` permits, and counts those granted. */
function requesting(queue: FairQueue, tenant: string, count: number) {
  const granted = { count: 0 };
  for (let requested = 0; requested < count; requested++)
    void queue.acquire(tenant).then(() => {
      granted.count++;
    });
  return granted;
}

/** Callbacks of what was granted have run. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("a tenant with any number of requests has half of the permits, and the next tenant gets one at once", async () => {
  const queue = createFairQueue(8, 1000);
  const flood = requesting(queue, "flood", 500);
  const other = requesting(queue, "other", 1);
  await settled();
  expect([flood.count, other.count]).toEqual([4, 1]);
});

test("a released permit goes to the tenant that has waited longest of those below their share", async () => {
  const queue = createFairQueue(4, 1000);
  const [first, second] = [requesting(queue, "first", 10), requesting(queue, "second", 10)];
  await settled();
  expect([first.count, second.count]).toEqual([2, 1]);
  for (let round = 0; round < 3; round++) {
    queue.release("first");
    queue.release("second");
    await settled();
  }
  // Each of the six went to one of the two, and both went on.
  expect([first.count, second.count]).toEqual([5, 4]);
});

test("every request is granted, each tenant's in its order, and all permits are free in the end", async () => {
  const queue = createFairQueue(2, 1000);
  const order: string[] = [];
  const work = async (tenant: string, index: number): Promise<void> => {
    await queue.acquire(tenant);
    order.push(`${tenant}${index}`);
    await settled();
    queue.release(tenant);
  };
  await Promise.all(Array.from({ length: 60 }, (_, index) => work("abc".charAt(index % 3), index)));
  for (const tenant of "abc") {
    const own = order.filter((name) => name.startsWith(tenant)).map((name) => Number(name.slice(1)));
    expect(own).toHaveLength(20);
    expect(own).toEqual(own.toSorted((one, next) => one - next));
  }
  const again = requesting(queue, "a", 5);
  await settled();
  expect(again.count).toBe(1);
});

test("a queue has a bound, and a request beyond it leaves those in it as they are", async () => {
  const queue = createFairQueue(2, 3);
  const granted = requesting(queue, "a", 4);
  await expect(queue.acquire("a")).rejects.toThrow(QueueFull);
  await expect(queue.acquire("b")).resolves.toBeUndefined();
  for (let released = 0; released < 4; released++) {
    queue.release("a");
    await settled();
  }
  expect(granted.count).toBe(4);
});

test("a strict queue has no more under way than its permits, of however many tenants, and they have them in turn", async () => {
  const queue = createFairQueue(1, 1000, { isStrict: true });
  const granted: string[] = [];
  for (const tenant of ["first", "second", "third"])
    for (let request = 0; request < 3; request++) void queue.acquire(tenant).then(() => granted.push(tenant));
  for (let release = 0; release < 9; release++) {
    await settled();
    expect(granted).toHaveLength(release + 1);
    queue.release(granted.at(-1) ?? "");
  }
  // The first one began before anybody waited.
  expect(granted.slice(1, 4).sort()).toEqual(["first", "second", "third"]);
  expect(queue.waiting()).toBe(0);
});

test("work has a permit for as long as it takes, also when it fails", async () => {
  const queue = createFairQueue(1, 1, { isStrict: true });
  const order: string[] = [];
  const failing = queue.during("a", async () => {
    order.push("begun");
    await settled();
    order.push("over");
    throw new Error("failed");
  });
  const next = queue.during("b", async () => order.push("next"));
  await expect(failing).rejects.toThrow("failed");
  expect(await next).toBe(3);
  expect(order).toEqual(["begun", "over", "next"]);
});
