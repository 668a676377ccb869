import { single } from "../../door/batch.ts";
import { operation } from "../../door/operation.ts";
import { type CreatePod, makePods, planPod } from "./make.ts";
import type { Pod } from "./pod.ts";

/** Makes a pod, or gives back the one that already has the `clientId`: a second call changes nothing. */
export const createPod = operation({
  name: "pod.create",
  needs: ["pod_create"],
  on: "organization",
  kind: "write",
  check: (input: CreatePod) => planPod(input),
  async run(context, plan): Promise<Pod> {
    const pod = single(await makePods(context, [plan]));
    context.target(pod.id);
    return pod;
  },
});
