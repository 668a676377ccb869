export { detachAll, nothingAttached } from "./attached.ts";
export { createPod } from "./create.ts";
export { deletePod } from "./delete.ts";
export { deletePods, erasePod } from "./erase.ts";
export { eraseNow } from "./erase-job.ts";
export { type Erased, eraseTurn } from "./erase-turn.ts";
export { getPod, requirePod } from "./get.ts";
export { listPods } from "./list.ts";
export { listAllPods } from "./list-all.ts";
export { type CreatePod, makePods, type PodPlan, planPod } from "./make.ts";
export { pausePod, resumePod } from "./pause.ts";
export { DEFAULT_POD, isDefault, type Pod } from "./pod.ts";
export {
  deletePodRow,
  findGrouping,
  findPodStates,
  findStoppedPods,
  insertPods,
  lockPod,
  type PodState,
} from "./store.ts";
export { type SuspendPod, suspendPod, suspendPods, unsuspendPod, unsuspendPods } from "./suspend.ts";
export { changePods, checkPodChange, type PodChange, type UpdatePod, updatePod } from "./update.ts";
