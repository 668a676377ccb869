import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { eventually } from "../../test/support/eventually.ts";
import { systemClock } from "../lib/clock.ts";
import { watchCollections } from "./loop.ts";

test("the loop is told when the collector stopped it, by its own clock, until that is ended", async () => {
  setFlagsFromString("--expose-gc");
  // Cast: what the flag puts into each new context.
  const collect = runInNewContext("gc") as () => void;
  const told: number[] = [];
  const clock = { ...systemClock, monotonicMs: () => performance.now() + 1_000_000 };
  const end = watchCollections({ collected: (fromMs) => void told.push(fromMs) }, clock);
  const before = clock.monotonicMs();
  collect();
  const after = clock.monotonicMs();
  await eventually("a collection in that time", async () =>
    told.some((fromMs) => fromMs >= before - 1 && fromMs <= after),
  );
  end();
  told.length = 0;
  collect();
  await new Promise((resolve) => setImmediate(resolve));
  expect(told).toEqual([]);
});
