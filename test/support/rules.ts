/** Rules for tests to hold mail against, attached as pods have them. */
import { sql } from "kysely";
import pg from "pg";
import { findAttachedRules, findInboxTargets, systemScope } from "../../src/domain/door/access/index.ts";
import { type Evaluation, listEvaluations } from "../../src/domain/guardrails/evaluations/index.ts";
import { type CreateRule, createRule, type Rule } from "../../src/domain/guardrails/rules/index.ts";
import { firstPage } from "./lists.ts";
import type { TestDoor } from "./test-door.ts";

/** A rule that blocks senders of evil.example, but for `changes`. */
export const makeRule = (t: TestDoor, changes: Partial<CreateRule> = {}): Promise<Rule> =>
  t.run(
    t.rootToken,
    createRule,
    {},
    {
      name: "R",
      match: { conditions: [{ field: "from.domain", operator: "is", value: "evil.example" }] },
      actions: [{ type: "block" }],
      ...changes,
    },
  );

/** Attaches these to a pod, and nothing else. */
export async function attachRules(t: TestDoor, pod: string, rules: readonly Rule[]): Promise<void> {
  const ids = rules.map(({ id }) => id);
  await t.behind((tx) =>
    sql`update pods set rule_ids = ${ids}::uuid[], guardrails_version = guardrails_version + 1
      where id = ${pod}`.execute(tx.within(systemScope)),
  );
  await t.behind((tx) =>
    sql`update organizations set guardrails_version = guardrails_version + 1`.execute(tx.within(systemScope)),
  );
}

/** What the inbox's pod has attached, and its version, as those who judge its mail see them. */
export async function attachedTo(t: TestDoor, address: string) {
  const found = await t.behind((tx) => findInboxTargets(tx, systemScope, [address]));
  const target = found.get(address);
  if (target === undefined) throw new Error(`no inbox ${address}`);
  const rules = await t.behind((tx) => findAttachedRules(tx, systemScope, [target.podId]));
  return { ...target.guardrails, ruleIds: rules.get(target.podId) };
}

/** Attaches a rule to a pod that holds mail against this value list, so that the pod's keys see the list. */
export async function nameInRule(t: TestDoor, pod: string, listId: string): Promise<void> {
  const condition = { field: "from.domain", operator: "in_list", value: [listId] };
  await attachRules(t, pod, [await makeRule(t, { match: { conditions: [condition] } })]);
}

/** The trail of an inbox, newest first. */
export const evaluationsOf = async (t: TestDoor, inbox: string): Promise<readonly Evaluation[]> =>
  (await t.run(t.rootToken, listEvaluations, { inbox }, firstPage)).items;

/** Makes a rule unreadable, as a broken row would be. */
export const breakRule = (t: TestDoor, { id }: Rule): Promise<unknown> =>
  t.behind((tx) =>
    sql`update rules set conditions = '[{"field": "from.moon"}]' where id = ${id}`.execute(
      tx.within(systemScope),
    ),
  );

/** Runs `act` while no value list can be asked. */
export async function withoutListItems(t: TestDoor, act: () => Promise<unknown>): Promise<void> {
  const owner = new pg.Client(t.engine.connection);
  await owner.connect();
  await owner.query("alter table value_list_items rename to hidden_items");
  try {
    await act();
  } finally {
    await owner.query("alter table hidden_items rename to value_list_items");
    await owner.end();
  }
}
