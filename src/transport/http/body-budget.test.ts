import { describe, expect, it } from "vitest";
import { Failure } from "../../domain/door/failures.ts";
import { createHeapBudget } from "../../lib/heap-budget.ts";
import { createBodyBudget } from "./body-budget.ts";
import { HEAP_PER_BODY_BYTE, HEAP_PER_WIDE_BODY_BYTE, SMALL_BODY_BYTES } from "./limits.ts";

const BODY = 1_000_000;

/** A budget whose heap holds so many bodies of plain text. */
const holding = (count: number) =>
  createBodyBudget({
    heap: createHeapBudget(count * BODY * HEAP_PER_BODY_BYTE),
    bodyBytes: 100 * BODY,
  });

function codeOf(act: () => unknown): string {
  try {
    act();
    return "done";
  } catch (error) {
    return error instanceof Failure ? error.code : String(error);
  }
}

describe("a body", () => {
  it("that has no room beside others is to come again, one that has no room alone is too large", () => {
    const bodies = holding(1);
    const first = bodies.reserve("one", BODY);
    expect(codeOf(() => bodies.reserve("other", BODY))).toBe("service.unavailable");
    expect(codeOf(() => bodies.reserve("other", 2 * BODY))).toBe("input.too_large");
    first.release();
    expect(codeOf(() => bodies.reserve("other", BODY))).toBe("done");
  });

  it("that is small is served while a large one has all of the heap", () => {
    const bodies = holding(1);
    bodies.reserve("one", BODY);
    for (let count = 0; count < 10; count++)
      expect(codeOf(() => bodies.reserve("other", SMALL_BODY_BYTES))).toBe("done");
  });

  it.each([
    ["plain text", "hello", HEAP_PER_BODY_BYTE],
    ["Latin-1", "caf\u00e9", HEAP_PER_BODY_BYTE],
    ["a letter of another alphabet", "\u0439", HEAP_PER_WIDE_BODY_BYTE],
    ["an emoji", "\u{1f600}", HEAP_PER_WIDE_BODY_BYTE],
    ["an escape", "\\u0439", HEAP_PER_WIDE_BODY_BYTE],
  ])("of %s is weighed by the heap that it takes", (_what, text, perByte) => {
    const heap = createHeapBudget(BODY * HEAP_PER_WIDE_BODY_BYTE);
    const bodies = createBodyBudget({ heap, bodyBytes: 100 * BODY });
    const one = bodies.reserve("one", BODY);
    one.weigh(Buffer.from(text));
    const left = heap.totalBytes - BODY * perByte;
    expect(heap.tryReserve("probe", left + 1)).toBeNull();
    one.release();
    expect(heap.tryReserve("probe", heap.totalBytes)).not.toBeNull();
  });

  it("is refused when it turns out to weigh more than there is", () => {
    const bodies = holding(1);
    const one = bodies.reserve("one", BODY);
    expect(codeOf(() => one.weigh(Buffer.from("\u{1f600}")))).toBe("input.too_large");
  });
});
