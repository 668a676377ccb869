import type { PodTarget } from "../../door/access/index.ts";
import type { Context } from "../../door/context.ts";
import { operation } from "../../door/operation.ts";
import { requirePod } from "./get.ts";
import type { Pod } from "./pod.ts";
import { setPodPaused } from "./store.ts";

/**
 * Pauses a pod: from the next request and the next RCPT on, in every process, none of its inboxes sends or receives. Mail and keys
 * stay. Only a key of the organization may. Again it changes nothing.
 */
export const pausePod = operation({
  name: "pod.pause",
  needs: ["pod_update"],
  on: "pod",
  kind: "write",
  run: (context): Promise<Pod> => setPaused(context, context.pod, context.now),
});

/** Ends its pause; an inbox that is paused itself stays so. Again it changes nothing. */
export const resumePod = operation({
  name: "pod.resume",
  needs: ["pod_update"],
  on: "pod",
  kind: "write",
  run: (context): Promise<Pod> => setPaused(context, context.pod, null),
});

async function setPaused(context: Context, { id }: PodTarget, at: Date | null): Promise<Pod> {
  const { tx, scope, now } = context;
  context.target(id);
  await setPodPaused(tx, scope, id, at, now);
  return requirePod(tx, scope, id);
}
