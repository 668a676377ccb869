import { expect, test } from "vitest";
import { openLoopTurns } from "../../test/support/loop-turns.ts";
import { LoopTurnsFull } from "./loop-turns.ts";
import { createStrangersTurns } from "./strangers-turns.ts";

/** Turns whose strangers are `tenant`, and who began, by network and as the loop knows them. */
function open(atOnce: number, maxWaiting = 1000) {
  const turns = openLoopTurns();
  const [tenants, begun]: [string[], string[]] = [[], []];
  const inTurn = createStrangersTurns(
    {
      during(tenant, work) {
        tenants.push(tenant);
        return turns.during(tenant, work);
      },
    },
    { tenant: "strangers", atOnce, maxWaiting },
  );
  const work = (network: string) => inTurn(network, async () => void begun.push(network));
  return { work, tenants, begun };
}

test("strangers of many networks are one tenant of the loop", async () => {
  const { work, tenants } = open(4);
  await Promise.all(Array.from({ length: 20 }, (_, network) => work(`network ${network}`)));
  expect(tenants).toEqual(Array.from({ length: 20 }, () => "strangers"));
});

test("a network that asks for little waits for a piece of each of the others, and not for all that they ask", async () => {
  const { work, begun } = open(1);
  const floods = ["a", "b", "c"].flatMap((network) => Array.from({ length: 50 }, () => work(network)));
  await work("quiet");
  expect(begun.length).toBeLessThanOrEqual(8);
  await Promise.all(floods);
  expect(begun).toHaveLength(151);
});

test("of one network no more wait than may, and those of others go on", async () => {
  const { work, begun } = open(1, 2);
  const [first, ...others] = ["a", "a", "a", "a"].map((network) => work(network));
  await expect(others[2]).rejects.toThrow(LoopTurnsFull);
  await work("b");
  await Promise.all([first, others[0], others[1]]);
  expect(begun.sort()).toEqual(["a", "a", "a", "b"]);
});
