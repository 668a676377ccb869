export { createPod } from "./create.ts";
export { deletePod } from "./delete.ts";
export { getPod } from "./get.ts";
export { listPods } from "./list.ts";
export { DEFAULT_POD, type Pod } from "./pod.ts";
export { insertPod } from "./store.ts";
