import type { Database } from "../../../storage/db.ts";
import { createBringForward, systemScope } from "../../door/access/index.ts";
import { MAX_PODS_FOUND } from "../../limits.ts";
import { listPodsWithDue, waitingCopies } from "./store.ts";

/** @returns pods that have copies to deliver now (UUID), at most MAX_PODS_FOUND of them */
export const podsWithQueued = (database: Database): Promise<readonly string[]> =>
  database.readOnce(systemScope, (tx) => listPodsWithDue(tx, systemScope, MAX_PODS_FOUND));

/** Makes copies due that wait for longer than any is put off: they were while the database's clock was ahead. */
export const createCopiesForward = (database: Database): (() => Promise<boolean>) =>
  createBringForward(database, waitingCopies);
