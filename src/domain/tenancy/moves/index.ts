export { type Assigned, type AssignInboxes, assignInboxes } from "./assign.ts";
export { dissolvePod } from "./dissolve.ts";
export { type GroupInboxes, groupInboxes } from "./group.ts";
export { moveInbox, moveTo } from "./move.ts";
export { dissolveTurn, groupTurn, moveTurn } from "./turn.ts";
