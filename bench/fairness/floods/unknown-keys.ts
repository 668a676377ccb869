/** Callers with keys that do not exist: half of them always the same, half a new one each time. */
import { randomBytes } from "node:crypto";
import type { Flood } from "../flood.ts";
import { startLanes } from "../lanes.ts";

const LANES = 100;

export const unknownKeys: Flood = {
  name: "unknown-keys",
  promise: `${LANES} callers with unknown keys slow nobody`,
  prepare: async () => ({}),
  async start({ baseUrl }) {
    return startLanes(LANES, async ({ index, done }) => {
      const key = index % 2 === 0 ? "am_us_the_same_every_time" : `am_us_${randomBytes(20).toString("hex")}`;
      const answer = await fetch(`${baseUrl}/v0/inboxes`, { headers: { authorization: `Bearer ${key}` } });
      await answer.text();
      done();
    });
  },
};
