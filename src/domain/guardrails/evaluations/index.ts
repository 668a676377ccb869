export { EVALUATION_ERROR, type Evaluation, type Stage } from "./evaluation.ts";
export { listEvaluations } from "./list.ts";
export { findEvaluation, insertEvaluations, insertEventsAndEvaluations, insertRefused } from "./store.ts";
