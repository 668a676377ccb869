import type { Database } from "../../../storage/db.ts";
import { systemScope } from "../../door/access/index.ts";
import { MAX_PODS_FOUND } from "../../limits.ts";
import { listPodsWithDue } from "./store.ts";

/** @returns pods that have copies to deliver now (UUID), at most MAX_PODS_FOUND of them */
export const podsWithQueued = (database: Database): Promise<readonly string[]> =>
  database.readOnce(systemScope, (tx) => listPodsWithDue(tx, systemScope, MAX_PODS_FOUND));
