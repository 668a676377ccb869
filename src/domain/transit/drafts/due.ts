import type { Database } from "../../../storage/db.ts";
import { createPodLook } from "../../door/access/index.ts";
import { listPodsDue } from "./due-store.ts";

/** @returns looks for pods (UUID) that have drafts which are due; each look goes on where the one before ended */
export const createDraftLook = (database: Database): (() => Promise<readonly string[]>) =>
  createPodLook(database, listPodsDue);
