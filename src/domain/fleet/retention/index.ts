export { enqueuePruning, type Pruned, type PruneParts, pruneTurn, type Retention } from "./prune.ts";
