/** One run of a plan or an apply. Both look by the same path; an apply carries out what it sees, in the transaction that saw it. */
import type { FleetTenant } from "../../../protocols/fleet-file/index.ts";
import type { Context } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";
import { type Change, type Looked, lookAt, lookAtShared, lookUpNames, saysOf } from "../differences/index.ts";
import { FLEET_BATCH } from "../limits.ts";
import { countRemovals, storeNext } from "./begin.ts";
import { carryOutShared } from "./carry-shared.ts";
import { carryOutTenants, isApplied, type TenantFailure } from "./carry-tenants.ts";
import type { Plan } from "./plan.ts";
import {
  findBatch,
  findPlan,
  findPlanShared,
  findPlanTenants,
  finishPlan,
  insertBatch,
  lockFleet,
  setAppliedTo,
  setFleetPlan,
  setPlanState,
} from "./plan-store.ts";
import { countOrphans, findLeaving } from "./removal-store.ts";
import { carryOutRemovals, removalsOf } from "./remove.ts";
import {
  added,
  type BatchResult,
  type FleetLine,
  type FleetRun,
  type Pass,
  type Stage,
  type Step,
  tenantsAtOnce,
} from "./stage.ts";

export type Mode = "plan" | "apply";

/** What a step has to go on. */
interface Running {
  readonly context: Context;
  readonly mode: Mode;
  readonly stage: Stage;
  readonly plan: Plan;
}

/** @param targeted tenants of the document, while they are stored */
export async function runStage(
  context: Context,
  mode: Mode,
  stage: Stage,
  targeted: readonly FleetTenant[],
): Promise<FleetRun> {
  const { step } = stage;
  if (step.at === "store") return { lines: [], next: await storeNext(context, stage, step.from, targeted) };
  const { tx, scope } = context;
  const isActing = mode === "apply" && !("pass" in step && step.pass === "compare");
  if (isActing) await lockFleet(tx, scope);
  const plan = await findPlan(tx, scope, stage.planId);
  if (plan === null)
    throw fail("object.not_found", {
      message: "The plan is not there any more",
      hint: "Others made many plans meanwhile: begin again.",
    });
  const running: Running = { context, mode, stage, plan };
  if (step.at === "shared") return runShared(running, step.pass);
  if (step.at === "tenants") return runTenants(running, step.pass, step.from);
  if (step.at === "removals") return runRemovals(running, step.pass, step.after);
  return mode === "plan" ? endPlan(running) : endApply(running);
}

const isActing = ({ mode }: Running, pass: Pass): boolean => mode === "apply" && pass === "act";

/** Changes that a plan keeps under one name, by which an apply of it finds them again. */
interface Batch {
  readonly name: string;
  readonly changes: readonly Change[];
}

/** The run that follows, with what this one came to. */
async function go(
  { context, mode, stage }: Running,
  batches: readonly Batch[],
  step: Step,
  result: BatchResult,
  pass: Pass,
): Promise<FleetRun> {
  const isCounted = mode === "plan" || pass === "act";
  const totals = isCounted ? added(stage.totals, result) : stage.totals;
  const hash = batches.reduce(hashWith, stage.hash);
  const next = { ...stage, step, totals, hash };
  const progress: FleetLine[] =
    isCounted && result.done > 0 ? [{ type: "progress", done: totals.done, total: stage.total }] : [];
  const lines = isCounted ? [...result.lines, ...progress] : [];
  if (mode === "plan")
    await Promise.all(
      batches.map(({ name, changes }) => insertBatch(context.tx, context.scope, stage.planId, name, changes)),
    );
  return { lines, next };
}

const hashWith = (hash: string, { changes }: Batch): string =>
  changes.length === 0 ? hash : saysOf([hash, changes.map(({ id }) => id)]);

/** @throws Failure object.conflict when a stored plan had other changes for the batch: it says what moved */
async function requireSame({ context, stage }: Running, { name, changes }: Batch): Promise<void> {
  if (!stage.isStored) return;
  const before = await findBatch(context.tx, context.scope, stage.planId, name);
  const [was, is] = [new Set(before.map(({ id }) => id)), new Set(changes.map(({ id }) => id))];
  const moved = [
    ...changes.filter(({ id }) => !was.has(id)).map((change) => `${said(change)} is needed now`),
    ...before.filter(({ id }) => !is.has(id)).map((change) => `${said(change)} is not needed any more`),
  ];
  if (moved.length === 0) return;
  const others = moved.length > SHOWN_MOVES ? `, and ${moved.length - SHOWN_MOVES} more` : "";
  throw fail("object.conflict", {
    message: `The plan does not fit any more: ${moved.slice(0, SHOWN_MOVES).join("; ")}${others}`,
    hint: "Make a new plan, look at it, and apply that.",
  });
}

/** Moves of a batch that a refusal names. */
const SHOWN_MOVES = 5;

const said = ({ action, kind, tenant, name, fields }: Change): string =>
  `${action} ${kind} ${tenant === null || tenant === name ? "" : `${tenant} `}${name}${
    fields.length === 0 ? "" : ` (${fields.map(({ field }) => field).join(", ")})`
  }`;

const changeLines = (changes: readonly Change[]): FleetLine[] =>
  changes.map((change) => ({ type: "change", change }));
const failureLines = (failures: readonly TenantFailure[]): FleetLine[] =>
  failures.map((failure) => ({ type: "failure", failure }));

async function runShared(running: Running, pass: Pass): Promise<FleetRun> {
  const { context, stage, plan, mode } = running;
  const { tx, scope } = context;
  const shared = await findPlanShared(tx, scope, plan.id);
  const look = await lookAtShared(context, plan.settings, shared);
  const leaving = await countRemovals(context, plan);
  const isBegun = plan.state === "applying" && stage.isStored;
  const batch: Batch = { name: "shared", changes: look.changes };
  if (!isBegun) await requireSame(running, batch);
  if (isActing(running, pass)) {
    if (mode === "apply") await setFleetPlan(tx, scope, plan.id);
    await setPlanState(tx, scope, plan.id, "applying");
    await carryOutShared(context, shared, look);
  }
  const result: BatchResult = {
    lines: changeLines(look.changes),
    changes: look.changes,
    ...{ done: 0, unchanged: 0, failures: [] },
  };
  const counted = { ...running, stage: { ...stage, total: plan.tenants + leaving } };
  return go(counted, [batch], { at: "tenants", pass, from: 0 }, result, pass);
}

async function runTenants(running: Running, pass: Pass, from: number): Promise<FleetRun> {
  const { context, plan } = running;
  const { tx, scope } = context;
  const following: Step = { at: "removals", pass, after: "" };
  const atOnce = tenantsAtOnce(context);
  const entries = await findPlanTenants(tx, scope, plan.id, from, atOnce);
  const resolved = await lookUpNames(context, plan.settings);
  const looked = await lookAt(context, plan.settings, resolved, entries);
  const batches = batchesOf(looked, from);
  // What this plan has applied already differs from what it was, and needs no second look.
  for (const { from: begin, ...batch } of batches)
    if (begin >= plan.appliedTo) await requireSame(running, batch);
  const next = from + entries.length;
  const step: Step = entries.length < atOnce ? following : { at: "tenants", pass, from: next };
  const failures = problemsOf(looked);
  const unchanged = looked.filter(isAsItShouldBe).length;
  if (!isActing(running, pass)) {
    const changes = batches.flatMap((batch) => batch.changes);
    const lines = [...changeLines(changes), ...failureLines(failures)];
    return go(running, batches, step, { lines, changes, done: entries.length, unchanged, failures }, pass);
  }
  const receiptId = context.newId();
  const carried = await carryOutTenants(context, resolved, looked, receiptId);
  if (plan.state === "applying") await setAppliedTo(tx, scope, plan.id, next);
  const failed = [...failures, ...carried.failures];
  const lines: FleetLine[] = [
    ...changeLines(carried.applied),
    ...failureLines(failed),
    ...carried.secrets.map((secret): FleetLine => ({ type: "secret", secret })),
    ...carried.webhookSecrets.map((secret): FleetLine => ({ type: "webhookSecret", secret })),
    ...(carried.secrets.length + carried.webhookSecrets.length === 0
      ? []
      : [{ type: "receipt", receiptId, secrets: carried.secrets.length } as const]),
  ];
  const result = { lines, changes: carried.applied, done: entries.length, unchanged, failures: failed };
  return go(running, [], step, result, pass);
}

/** However many tenants were looked at at once, a plan keeps their changes in the same batches. */
const batchesOf = (looked: readonly Looked[], from: number): (Batch & { readonly from: number })[] =>
  Array.from({ length: Math.ceil(looked.length / FLEET_BATCH) }, (_, index) => {
    const begin = index * FLEET_BATCH;
    const changes = looked.slice(begin, begin + FLEET_BATCH).flatMap((one) => one.changes);
    return { name: `tenants:${from + begin}`, from: from + begin, changes };
  });

const isAsItShouldBe = ({ changes, problems }: Looked): boolean =>
  !changes.some(isApplied) && problems.length === 0;

const problemsOf = (looked: readonly Looked[]): TenantFailure[] =>
  looked.flatMap(({ desired: { slug }, changes, problems }) =>
    problems.map(({ failure, changeId, kind, name }) => ({
      slug,
      change: changes.find(({ id }) => id === changeId) ?? { id: null, kind, name },
      failure,
    })),
  );

async function runRemovals(running: Running, pass: Pass, after: string): Promise<FleetRun> {
  const { context, plan } = running;
  const { prune, now: atOnce, removals: only } = plan.options;
  const end: Step = pass === "compare" ? { at: "shared", pass: "act" } : { at: "end" };
  const nothing: BatchResult = { lines: [], changes: [], done: 0, unchanged: 0, failures: [] };
  if (!prune) return go(running, [], end, nothing, pass);
  const leaving = await findLeaving(context.tx, context.scope, plan.id, only, after, FLEET_BATCH);
  const removals = removalsOf(leaving, atOnce, "the fleet made it, and the document does not have it");
  const changes = removals.map(({ change }) => change);
  const batch: Batch = { name: `removals:${after}`, changes };
  if (plan.state !== "applying") await requireSame(running, batch);
  const last = leaving.at(-1);
  const step: Step =
    last === undefined || leaving.length < FLEET_BATCH ? end : { at: "removals", pass, after: last.slug };
  const done = removals.length;
  if (!isActing(running, pass))
    return go(running, [batch], step, { ...nothing, lines: changeLines(changes), changes, done }, pass);
  const options = { atOnce, graceDays: plan.settings.graceDays };
  const { applied, failures } = await carryOutRemovals(context, leaving, removals, options);
  const lines = [...changeLines(applied), ...failureLines(failures)];
  return go(running, [], step, { ...nothing, lines, changes: applied, done, failures }, pass);
}

async function endPlan({ context, stage, plan }: Running): Promise<FleetRun> {
  const { tx, scope } = context;
  const orphans = plan.options.targets === null ? await countOrphans(tx, scope, plan.id) : 0;
  const { unchanged, changes, drift, failures } = stage.totals;
  const summary = { unchanged, changes, drift, failures, orphans };
  const hash = stage.hash === "" ? saysOf([]) : stage.hash;
  await finishPlan(tx, scope, plan.id, { hash, summary });
  return { lines: [{ type: "plan", plan, hash, summary }], next: null };
}

async function endApply({ context, stage, plan }: Running): Promise<FleetRun> {
  await setPlanState(context.tx, context.scope, plan.id, "applied");
  const { totals } = stage;
  return { lines: [{ type: "applied", planId: plan.id, tenants: plan.tenants, totals }], next: null };
}
