/**
 * The fleet: its desired state, planned, applied and compared. Routes of this server's own; all are for keys of the organization. Long
 * answers are lines of JSON, written as they are made; a stream that ends without its last line was cut.
 */
import type { z } from "@hono/zod-openapi";
import {
  type ApplyFleet,
  applyFleet,
  confirmSecrets,
  FLEET_BATCH,
  FLEET_BATCHES_ALONE,
  FLEET_PLAN_HOURS,
  fleetDocument,
  fleetStatus,
  getPlan,
  offboardTenants,
  planFleet,
  type Stage,
  type Wanted,
} from "../../../domain/fleet/plans/index.ts";
import type { Pause } from "../../../lib/loop-turns.ts";
import { noun } from "../dialect/dialect.ts";
import { wrongAt } from "../dialect/invalid-request.ts";
import { limitFields } from "../dialect/limit-names.ts";
import { route } from "../dialect/route.ts";
import { MAX_FLEET_BYTES, MAX_FLEET_ENTRIES, MAX_FLEET_VALUES } from "../limits.ts";
import {
  applyFleetBody,
  offboardBody,
  planFleetBody,
  receiptAnswer,
  receiptBody,
  statusQuery,
} from "./shapes/fleet.ts";
import { wantedOf } from "./shapes/fleet-document.ts";
import { applyLine, documentLine, offboardAnswer, planLine, statusLine } from "./shapes/fleet-lines.ts";
import { toDocumentLines, toFleetLine, toOffboarded, toStatusLines } from "./shapes/fleet-written.ts";
import { sample } from "./shapes/sample.ts";

const large = {
  maxBodyBytes: MAX_FLEET_BYTES,
  maxJson: { entries: MAX_FLEET_ENTRIES, values: MAX_FLEET_VALUES },
  bodyNamesObjects: true,
};

const lines =
  "Answered with lines of JSON, each with a `type`; a line without one is an error that ended it, and without its last line it was cut.";

/** The input of the next run: once the tenants are stored, nobody holds them any more. */
const following = (input: Wanted, { step }: Stage): Wanted =>
  step.at === "store" ? input : { ...input, desired: { ...input.desired, tenants: [] } };

/** @throws InvalidRequest unless exactly one of a plan and a document is given */
async function fromApply(
  { plan_id: planId, document, ...options }: z.infer<typeof applyFleetBody>,
  pause: Pause,
): Promise<ApplyFleet> {
  if ((planId === undefined) === (document === undefined))
    throw wrongAt([], "Exactly one of document and plan_id must be given");
  if (document !== undefined) return wantedOf({ document, ...options }, pause);
  const given = Object.entries(options).find(([, value]) => value !== undefined);
  if (given !== undefined) throw wrongAt([given[0]], "A plan has the options that it was made with");
  return { planId: planId ?? "" };
}

export const fleet = noun({
  name: "fleet",
  title: "Fleet",
  about: "Many tenants at once: what they are to be, what that would change, and what they are.",
  parameters: { plan_id: { description: "A plan.", example: sample.podId } },
  routes: [
    route({
      method: "post",
      path: "/v0/fleet/plan",
      name: "fleet.plan",
      isOwn: true,
      summary: "Plan a fleet",
      description: `Says what applying the document would change, and why, and changes nothing. Fields that the document does not mention are not compared. ${lines} \`change\` and \`failure\` lines with \`progress\` between them, then \`plan\` with its \`plan_id\`, which can be applied for ${FLEET_PLAN_HOURS} hours. Changes whose action is \`keep\` are beyond the document, and an apply leaves them. It holds no secrets.`,
      ...large,
      body: planFleetBody,
      does: planFleet,
      fields: limitFields,
      input: ({ body, pause }) => wantedOf(body, pause),
      answer: planLine,
      lines: {
        of: ({ lines: made }) => made.map(toFleetLine),
        next: ({ next }, input) => (next === null ? null : { ...following(input, next), from: next }),
      },
    }),
    route({
      method: "get",
      path: "/v0/fleet/plans/{plan_id}",
      name: "fleet.getPlan",
      isOwn: true,
      summary: "Get a plan",
      description: `The changes of a plan as they were when it was made. ${lines} \`change\` lines, then \`plan\`.`,
      does: getPlan,
      input: ({ params }) => ({ planId: params["plan_id"] ?? "" }),
      answer: planLine,
      lines: {
        of: ({ lines: made }) => made.map(toFleetLine),
        next: ({ next }, input) => (next === null ? null : { ...input, after: next }),
      },
    }),
    route({
      method: "post",
      path: "/v0/fleet/apply",
      name: "fleet.apply",
      isOwn: true,
      summary: "Apply a fleet",
      description: `Makes the fleet what the document says, or what a plan says that still fits. ${FLEET_BATCH} tenants at a time, or ${FLEET_BATCH * FLEET_BATCHES_ALONE} while no other tenant of the server has anything to do, each time in one transaction; a tenant is made whole or not at all, and one that fails fails alone. Applied again it changes nothing, and after an interruption it finishes. ${lines} For each batch its \`change\` and \`failure\` lines, a \`secret\` for each key and a \`webhook_secret\` for each webhook made, a \`receipt\` to confirm them with, and \`progress\`; then \`applied\`. Keys whose receipt is not confirmed are replaced by the next apply, and secrets of webhooks come again.`,
      ...large,
      body: applyFleetBody,
      does: applyFleet,
      fields: limitFields,
      input: ({ body, pause }) => fromApply(body, pause),
      answer: applyLine,
      lines: {
        of: ({ lines: made }) => made.map(toFleetLine),
        next: ({ next }, input) =>
          next === null
            ? null
            : "planId" in input
              ? { ...input, from: next }
              : { ...following(input, next), from: next },
      },
    }),
    route({
      method: "post",
      path: "/v0/fleet/receipts",
      name: "fleet.confirmSecrets",
      isOwn: true,
      summary: "Confirm secrets",
      description:
        "Says that the secrets of a receipt are stored: their keys stay. Confirmed again it counts none; fewer than the receipt had when another apply has replaced some meanwhile.",
      body: receiptBody,
      does: confirmSecrets,
      input: ({ body }) => ({ receiptId: body.receipt_id }),
      answer: receiptAnswer,
      present: (confirmed) => ({ confirmed }),
    }),
    route({
      method: "get",
      path: "/v0/fleet/status",
      name: "fleet.status",
      isOwn: true,
      summary: "Show the fleet",
      description: `The inventory: a \`tenant\` line for each tenant of the document with its addresses, its health and what differs, and by whom; then one for each pod that the document does not have; then \`summary\`. ${lines}`,
      query: statusQuery,
      does: fleetStatus,
      input: ({ query }) => ({ planId: query.plan_id ?? null }),
      answer: statusLine,
      lines: {
        of: toStatusLines,
        next: ({ next }, input) => (next === null ? null : { ...input, from: next }),
      },
    }),
    route({
      method: "get",
      path: "/v0/fleet/document",
      name: "fleet.document",
      isOwn: true,
      summary: "Describe the fleet as a document",
      description: `What is there, as a document would say it: a \`shared\` line with policies, rules and lists, a \`tenant\` line for each pod that has a client_id, \`skipped\` for one that has none, then \`summary\`. ${lines}`,
      does: fleetDocument,
      input: () => ({}),
      answer: documentLine,
      lines: {
        of: toDocumentLines,
        next: ({ next }) => (next === null ? null : { from: next }),
      },
    }),
    route({
      method: "post",
      path: "/v0/fleet/offboard",
      name: "fleet.offboard",
      isOwn: true,
      summary: "Remove tenants",
      description:
        "Suspends tenants: from the next request and the next mail on their keys are dead and their addresses refused, and their mail is kept until the grace period is over; or deletes them at once. A tenant that a document still has comes back with the next apply.",
      body: offboardBody,
      bodyNamesObjects: true,
      does: offboardTenants,
      input: ({ body }) => ({
        tenants: body.tenants,
        ...(body.grace_days !== undefined && { graceDays: body.grace_days }),
        now: body.now ?? false,
      }),
      answer: offboardAnswer,
      present: toOffboarded,
    }),
  ],
});
