/** SQL of evaluations. */
import { type Selectable, sql } from "kysely";
import { insertion, type Tx } from "../../../storage/db.ts";
import type { Tables } from "../../../storage/tables.ts";
import {
  type AnyScope,
  holdOwners,
  type InboxTarget,
  insertEvents,
  type Scope,
} from "../../door/access/index.ts";
import type { PageRequest } from "../../door/cursor.ts";
import type { NewEvent } from "../../door/events.ts";
import { keyset } from "../../door/keyset.ts";
import { type Evaluation, stages } from "./evaluation.ts";

function evaluationOf(row: Selectable<Tables["rule_evaluations"]>): Evaluation {
  const stage = stages.find((one) => one === row.stage);
  if (stage === undefined) throw new Error(`an evaluation has the unknown stage ${row.stage}`);
  return {
    id: row.id,
    organizationId: row.organization_id,
    podId: row.pod_id,
    inboxId: row.inbox_id,
    messageUuid: row.message_uuid,
    stage,
    from: row.from_address,
    recipients: row.recipients,
    outboundType: row.outbound_type,
    applied: row.applied,
    folders: row.folders,
    matchedRuleIds: row.matched_rule_ids,
    createdAt: row.created_at,
  };
}

/**
 * All of a group of messages in one statement. No foreign key keeps the row of a deleted inbox away: the transaction has the inboxes
 * locked, or stores in their threads (docs/decisions/0033-lighter-trail.md).
 */
export async function insertEvaluations(
  tx: Tx,
  scope: AnyScope,
  evaluations: readonly Evaluation[],
): Promise<void> {
  if (evaluations.length === 0) return;
  await insertion("rule_evaluations", evaluations.map(rowOf)).execute(tx.within(scope));
}

/** Events of a group of messages, and its evaluations: one statement less for each group that leaves both. */
export async function insertEventsAndEvaluations(
  tx: Tx,
  scope: AnyScope,
  events: readonly NewEvent[],
  evaluations: readonly Evaluation[],
): Promise<void> {
  if (events.length === 0) return insertEvaluations(tx, scope, evaluations);
  if (evaluations.length === 0) return insertEvents(tx, scope, events);
  const trail = JSON.stringify(evaluations.map(shortRowOf));
  await sql`select rookery_emit_with_trail(${JSON.stringify(events)}, ${trail})`.execute(tx.within(scope));
}

const rowOf = (evaluation: Evaluation) => ({
  pod_id: evaluation.podId,
  inbox_id: evaluation.inboxId,
  id: evaluation.id,
  organization_id: evaluation.organizationId,
  message_uuid: evaluation.messageUuid,
  stage: evaluation.stage,
  from_address: evaluation.from,
  recipients: evaluation.recipients,
  outbound_type: evaluation.outboundType,
  applied: evaluation.applied,
  folders: evaluation.folders,
  matched_rule_ids: evaluation.matchedRuleIds,
  created_at: evaluation.createdAt,
});

/** Without what most of them have not: PostgreSQL takes twice as long to read a row as to write it. */
function shortRowOf(evaluation: Evaluation) {
  const { recipients, applied, folders, matchedRuleIds, outboundType } = evaluation;
  const given = <Item>(list: readonly Item[]) => (list.length === 0 ? undefined : list);
  return {
    ...rowOf(evaluation),
    recipients: recipients ?? undefined,
    outbound_type: outboundType ?? undefined,
    applied: given(applied),
    folders: given(folders),
    matched_rule_ids: given(matchedRuleIds),
  };
}

/** The same in a transaction that does nothing else with the inboxes. @throws as a foreign key does, when one is gone */
export async function insertRefused(
  tx: Tx,
  scope: AnyScope,
  evaluations: readonly Evaluation[],
): Promise<void> {
  await Promise.all([holdOwners(tx, scope, evaluations), insertEvaluations(tx, scope, evaluations)]);
}

const ofInbox = (tx: Tx, scope: Scope, inbox: Pick<InboxTarget, "podId" | "id">) =>
  tx
    .within(scope)
    .selectFrom("rule_evaluations")
    .where("pod_id", "=", inbox.podId)
    .where("inbox_id", "=", inbox.id)
    .selectAll();

export interface FoundEvaluation extends Evaluation {
  /** Of the message that was stored; null when it was deleted since. */
  readonly labels: readonly string[] | null;
}

/** By their ids, which are in the order of time. Fetches one row more than the page. */
export async function selectEvaluations(
  tx: Tx,
  scope: Scope,
  inbox: Pick<InboxTarget, "podId" | "id">,
  page: PageRequest,
): Promise<FoundEvaluation[]> {
  const labels = sql<string[] | null>`(select messages.labels from messages
    where messages.pod_id = rule_evaluations.pod_id and messages.id = rule_evaluations.message_uuid)`;
  const found = ofInbox(tx, scope, inbox).select(labels.as("labels"));
  const rows = await keyset(found, ["id"], page, ["uuid"]).execute();
  return rows.map((row) => ({ ...evaluationOf(row), labels: row.labels }));
}

/** What was made of a message when it was stored; null when no rule was looked at, or it was too long ago. */
export async function findEvaluation(
  tx: Tx,
  scope: Scope,
  inbox: Pick<InboxTarget, "podId" | "id">,
  messageUuid: string,
): Promise<Evaluation | null> {
  const row = await ofInbox(tx, scope, inbox).where("id", "=", messageUuid).executeTakeFirst();
  return row === undefined ? null : evaluationOf(row);
}
