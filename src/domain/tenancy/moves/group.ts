/** Putting inboxes into the pod that groups their domain: asked for by a request, done by a job, a few pages at a time. */

import { isDomainName } from "../../../protocols/address/index.ts";
import type { Job } from "../../../storage/jobs.ts";
import { fail, invalid } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { findGrouping } from "../pods/index.ts";
import { GROUPING_INTERVAL_MS, MOVED_INBOXES } from "./limits.ts";
import { moveInboxes } from "./move.ts";
import { claimGrouping, domainOf, type MovableInbox, type WalkCursor, walkInboxes } from "./store.ts";

export interface GroupInboxes {
  /** Only inboxes made after it. */
  readonly createdAfter?: Date;
  /** Inboxes of this domain, whichever pod they are in; when absent those of the Default Pod. */
  readonly specificDomain?: string;
  /** Paused ones as well. */
  readonly withPaused?: boolean;
}

interface Order {
  readonly domain: string | null;
  readonly withPaused: boolean;
  readonly after: WalkCursor | null;
}

/** Sorts before every id. */
const FIRST = "00000000-0000-0000-0000-000000000000";

/** One for an organization: a later one takes the place of one that has not begun. */
const groupJob = (organizationId: string, jobId: string, { domain, withPaused, after }: Order): Job => ({
  task: "group_inboxes",
  payload: {
    organizationId,
    jobId,
    domain,
    withPaused: withPaused ? 1 : 0,
    createdAt: after === null ? null : after.createdAt.toISOString(),
    after: after === null ? null : after.id,
  },
  key: `group_inboxes ${organizationId}`,
});

/** Enqueues it, at most once a minute for an organization. @returns the id of the job (UUID) */
export const groupInboxes = operation({
  name: "pod.group",
  needs: ["pod_update", "inbox_update"],
  on: "organization",
  kind: "write",
  fails: ["limit.reached"],
  check(input: GroupInboxes): Order {
    const domain = input.specificDomain?.toLowerCase() ?? null;
    if (domain !== null && !isDomainName(domain)) throw invalid(["specificDomain"], "Invalid domain");
    const { createdAfter, withPaused = false } = input;
    return {
      domain,
      withPaused,
      after: createdAfter === undefined ? null : { createdAt: createdAfter, id: FIRST },
    };
  },
  async run(context, order): Promise<{ readonly jobId: string }> {
    const { tx, scope, now } = context;
    const before = await claimGrouping(tx, scope, now, new Date(now.getTime() - GROUPING_INTERVAL_MS));
    if (before !== null)
      throw fail("limit.reached", {
        message: "Inboxes were grouped less than a minute ago",
        hint: "Wait a minute.",
        limit: {
          resource: "grouping",
          count: 1,
          used: 1,
          resetAt: new Date(before.getTime() + GROUPING_INTERVAL_MS),
        },
      });
    const jobId = context.newId();
    context.target(jobId);
    context.enqueue(groupJob(scope.organizationId, jobId, order));
    return { jobId };
  },
});

export interface GroupTurn extends Order {
  readonly jobId: string;
  /** True: the job ends with this page, and another one is enqueued if there is more. */
  readonly isLast: boolean;
}

/** One page. Inboxes that cannot move stay. @returns where it goes on; null at the end */
export const continueGrouping = operation({
  name: "pod.group",
  needs: "system",
  on: "organization",
  kind: "upkeep",
  isLong: true,
  async run(context, { jobId, isLast, ...order }: GroupTurn): Promise<WalkCursor | null> {
    const { tx, scope } = context;
    const podId = order.domain === null ? scope.organizationId : null;
    const { inboxes, last } = await walkInboxes(tx, scope, { ...order, podId }, MOVED_INBOXES);
    const pods = await findGrouping(tx, scope, [...new Set(inboxes.map(({ address }) => domainOf(address)))]);
    const byPod = Map.groupBy(inboxes, ({ address }: MovableInbox) => {
      const pod = pods.get(domainOf(address));
      return pod?.autoGroup === true ? pod.id : null;
    });
    for (const [target, own] of byPod) if (target !== null) await moveInboxes(context, own, target);
    if (last !== null && isLast)
      context.enqueue(groupJob(scope.organizationId, jobId, { ...order, after: last }));
    return last;
  },
});
