/** A fleet is applied, a thousand new tenants after the other. */
import { applyConfirmed, fleetOf } from "../../../test/support/fleet-client.ts";
import type { Flood } from "../flood.ts";
import { startLanes } from "../lanes.ts";

const TENANTS = 1000;

export const fleetApplies: Flood = {
  name: "fleet",
  promise: `an apply of new tenants, ${TENANTS} a document, slows nobody else`,
  prepare: async () => ({}),
  async start(target) {
    let count = 0;
    return startLanes(1, async ({ done }) => {
      await applyConfirmed(target, fleetOf(TENANTS, `flood-${count++}`), (line) => {
        if (line["type"] === "receipt") done();
      });
    });
  },
};
