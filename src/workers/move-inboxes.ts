/** Jobs: go on with the move of an inbox to another pod, with putting inboxes into the pods of their domains, with emptying a pod. */
import type { Door } from "../domain/door/door.ts";
import { dissolveTurn, groupTurn, moveTurn } from "../domain/tenancy/moves/index.ts";
import type { Database } from "../storage/db.ts";
import type { Task } from "../storage/job-runner.ts";

export const moveTasks = (parts: { door: Door; database: Database }): Readonly<Record<string, Task>> => ({
  move_inbox: ({ podId, inboxId }) => moveTurn(parts, String(podId), String(inboxId)),
  group_inboxes: ({ organizationId, jobId, domain, withPaused, createdAt, after }) =>
    groupTurn(parts, String(organizationId), {
      jobId: String(jobId),
      domain: typeof domain === "string" ? domain : null,
      withPaused: withPaused === 1,
      after:
        typeof createdAt === "string" && typeof after === "string"
          ? { createdAt: new Date(createdAt), id: after }
          : null,
    }),
  dissolve_pod: ({ podId }) => dissolveTurn(parts, String(podId)),
});
