import { describe, expect, test } from "vitest";
import { createFairShare, type FairShare } from "./fair-share.ts";

/** Acquires until it is refused; how much that is. */
function acquireAll(share: FairShare, tenant: string, amount = 1): number {
  let acquired = 0;
  while (share.tryAcquire(tenant, amount)) acquired += amount;
  return acquired;
}

test("one tenant alone gets half, the next half of what is left, and all together never more than the total", () => {
  const share = createFairShare(1024);
  expect(["a", "b", "c"].map((tenant) => acquireAll(share, tenant))).toEqual([512, 256, 128]);
  expect(share.tryAcquire("d", 129)).toBe(false);
  expect(share.tryAcquire("d", 128)).toBe(true);
  expect(share.tryAcquire("e")).toBe(false);
});

test("a tenant that holds nothing may acquire all that is free, and zero is always granted", () => {
  const share = createFairShare(100);
  expect(share.tryAcquire("a", 100)).toBe(true);
  expect([share.tryAcquire("a", 0), share.tryAcquire("b", 0), share.tryAcquire("b", 1)]).toEqual([
    true,
    true,
    false,
  ]);
});

test("what is released can be acquired again, and never more than was held", () => {
  const share = createFairShare(100);
  expect(share.tryAcquire("a", 60)).toBe(true);
  share.release("b", 50);
  expect(share.tryAcquire("b", 50)).toBe(false);
  share.release("a", 60);
  share.release("a", 60);
  expect([share.tryAcquire("b", 100), share.tryAcquire("c", 1)]).toEqual([true, false]);
});

test("a tenant gets no more than one may, however much is free", () => {
  const share = createFairShare(100, { perTenant: 20 });
  expect(["a", "b"].map((tenant) => acquireAll(share, tenant))).toEqual([20, 20]);
  share.release("a");
  expect([share.tryAcquire("a"), share.tryAcquire("a")]).toEqual([true, false]);
});

describe("where the first is always granted", () => {
  test("a tenant that holds nothing gets one permit though none is free, and no second", () => {
    const share = createFairShare(32, { firstAlways: true });
    const acquired = ["a", "b", "c", "d", "e", "f", "g", "h"].map((tenant) => acquireAll(share, tenant));
    expect(acquired).toEqual([16, 8, 4, 2, 1, 1, 1, 1]);
  });

  test("permits beyond the total are not granted again when they are released", () => {
    const share = createFairShare(1, { firstAlways: true });
    expect(["a", "b", "c"].map((tenant) => share.tryAcquire(tenant))).toEqual([true, true, true]);
    share.release("a");
    expect([share.tryAcquire("b"), share.tryAcquire("c"), share.tryAcquire("a")]).toEqual([
      false,
      false,
      true,
    ]);
  });
});
