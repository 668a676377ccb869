export { createPod } from "./create.ts";
export { deletePod } from "./delete.ts";
export { getPod } from "./get.ts";
export { listPods } from "./list.ts";
export { type CreatePod, makePods, type PodPlan, planPod } from "./make.ts";
export { pausePod, resumePod } from "./pause.ts";
export { DEFAULT_POD, type Pod } from "./pod.ts";
export { findPausedPods, findPodStates, insertPods, type PodState } from "./store.ts";
