/** A pod's standing as it is read, and how an operator ends its suspension. */
import { DUE_CHANNEL, dueNotice } from "../../door/due.ts";
import { operation } from "../../door/operation.ts";
import { RATE_WINDOW_MS } from "./limits.ts";
import { type Rates, ratesOf } from "./standing.ts";
import { type Counts, clearStanding, findRecent, releaseHeld, type Standing } from "./standing-store.ts";

export type PodStanding = Counts & Rates & Standing & { readonly podId: string };

export const getStanding = operation({
  name: "outbound.standing",
  needs: ["metrics_read"],
  on: "pod",
  kind: "read",
  async run({ tx, scope, now, pod }): Promise<PodStanding> {
    const recent = await findRecent(tx, scope, pod.id, new Date(now.getTime() - RATE_WINDOW_MS));
    return { ...recent, ...ratesOf(recent), podId: pod.id };
  },
});

/** Ends a pod's suspension or warning: what it sent until now no longer counts against it. */
export const resumeSending = operation({
  name: "outbound.resume",
  needs: ["guardrail_write"],
  on: "pod",
  kind: "write",
  async run({ tx, scope, now, pod, ...context }): Promise<PodStanding> {
    context.target(pod.id);
    await clearStanding(tx, scope, pod.id, now);
    tx.beforeCommit(releaseHeld(tx, scope, pod.id), tx.notify(DUE_CHANNEL, dueNotice("outbound", pod.id)));
    const recent = await findRecent(tx, scope, pod.id, now);
    return { ...recent, ...ratesOf(recent), podId: pod.id };
  },
});
