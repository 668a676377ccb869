/** Keeps mail for other servers here, where `ROOKERY_OUTBOUND` is `capture`. */
import { operation } from "../../door/operation.ts";
import type { DeliveryState } from "./delivery.ts";
import { abandoned, captured } from "./judge.ts";
import { recordJudged } from "./record.ts";
import { takeDue } from "./take.ts";

interface Captured {
  /** Of each delivery that was settled. */
  readonly states: readonly DeliveryState[];
  /** Whether the pod has more that is due, as far as was looked. */
  readonly hasMore: boolean;
}

/**
 * Takes what is due of a pod and settles it in one transaction: nobody else is asked in between, so that a process which is killed leaves no lease
 * that others wait for.
 */
export const captureOutbound = operation({
  name: "outbound.capture",
  needs: "system",
  on: "any",
  kind: "upkeep",
  async run(context, { podId }: { readonly podId: string }): Promise<Captured> {
    const { taken, hasMore } = await takeDue(context, {
      podId,
      withBytes: false,
      roomFor: () => Number.POSITIVE_INFINITY,
      full: [],
      after: "",
      warmUp: null,
    });
    const judged = taken.map((one) => ({
      taken: one,
      judgement: one.isAbandoned ? abandoned(one) : captured(one),
      outcome: null,
    }));
    if (judged.length > 0) await recordJudged(context, { podId, judged, isLast: true });
    return { states: judged.map(({ judgement }) => judgement.state), hasMore };
  },
});
