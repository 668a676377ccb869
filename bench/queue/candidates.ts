import type { Candidate } from "./candidate.ts";
import { graphileWorker } from "./graphile-worker.ts";
import { pgBoss } from "./pg-boss.ts";

export const candidates: readonly Candidate[] = [graphileWorker, pgBoss];
