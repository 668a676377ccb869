/** Every operation of the domain is run by a test of the domain, which is found by the name of its file. */
import { childNode, childNodes, dottedName, type Module } from "../support/source-tree.ts";
import { productModules, type Rule, type Violation } from "./rule.ts";

const law = "CONTRIBUTING.md#tests";

/**
 * Files whose operations are run by the test of a neighbour, which tells one story with them: what is made is read, listed and gone. A
 * test file has a database of its own, so that one each would cost the suite half a minute. The list is to become shorter.
 */
export const testedBeside: Readonly<Record<string, string>> = {
  "src/domain/fleet/plans/confirm.ts": "src/domain/fleet/plans/apply-fleet.test.ts",
  "src/domain/fleet/plans/document.ts": "src/domain/fleet/plans/status.test.ts",
  "src/domain/fleet/plans/offboard.ts": "src/domain/fleet/plans/status.test.ts",
  "src/domain/guardrails/lists/delete.ts": "src/domain/guardrails/lists/owner.test.ts",
  "src/domain/guardrails/lists/get.ts": "src/domain/guardrails/lists/owner.test.ts",
  "src/domain/guardrails/lists/list.ts": "src/domain/guardrails/lists/owner.test.ts",
  "src/domain/guardrails/policies/create.ts": "src/domain/guardrails/policies/check.test.ts",
  "src/domain/guardrails/policies/list.ts": "src/domain/guardrails/policies/get.test.ts",
  "src/domain/guardrails/policies/update.ts": "src/domain/guardrails/policies/check.test.ts",
  "src/domain/guardrails/rules/create.ts": "src/domain/guardrails/rules/terms.test.ts",
  "src/domain/guardrails/rules/delete.ts": "src/domain/guardrails/rules/terms.test.ts",
  "src/domain/guardrails/rules/explain.ts": "src/domain/guardrails/rules/dry-run.test.ts",
  "src/domain/guardrails/rules/get.ts": "src/domain/guardrails/rules/terms.test.ts",
  "src/domain/guardrails/rules/list.ts": "src/domain/guardrails/rules/terms.test.ts",
  "src/domain/guardrails/rules/update.ts": "src/domain/guardrails/rules/terms.test.ts",
  "src/domain/guardrails/suppressions/delete.ts": "src/domain/guardrails/suppressions/create.test.ts",
  "src/domain/guardrails/suppressions/get.ts": "src/domain/guardrails/suppressions/create.test.ts",
  "src/domain/guardrails/suppressions/list.ts": "src/domain/guardrails/suppressions/create.test.ts",
  "src/domain/guardrails/value-lists/create.ts": "src/domain/guardrails/value-lists/items.test.ts",
  "src/domain/guardrails/value-lists/delete.ts": "src/domain/guardrails/value-lists/items.test.ts",
  "src/domain/guardrails/value-lists/get.ts": "src/domain/guardrails/value-lists/items.test.ts",
  "src/domain/guardrails/value-lists/list.ts": "src/domain/guardrails/value-lists/items.test.ts",
  "src/domain/guardrails/value-lists/update.ts": "src/domain/guardrails/value-lists/items.test.ts",
  "src/domain/mail/files/complete.ts": "src/domain/mail/files/create.test.ts",
  "src/domain/mail/files/delete.ts": "src/domain/mail/files/create.test.ts",
  "src/domain/mail/files/get.ts": "src/domain/mail/files/create.test.ts",
  "src/domain/mail/files/list.ts": "src/domain/mail/files/create.test.ts",
  "src/domain/mail/messages/delete.ts": "src/domain/mail/thread-state/store.test.ts",
  "src/domain/mail/messages/get-file.ts": "src/domain/mail/labels/visibility.test.ts",
  "src/domain/mail/search/search-threads.ts": "src/domain/mail/search/search-messages.test.ts",
  "src/domain/mail/threads/get-attachment.ts": "src/domain/mail/threads/get.test.ts",
  "src/domain/notify/feed/replay.ts": "src/domain/notify/feed/feed.test.ts",
  "src/domain/notify/webhooks/delete.ts": "src/domain/notify/webhooks/targets.test.ts",
  "src/domain/notify/webhooks/get.ts": "src/domain/notify/webhooks/update.test.ts",
  "src/domain/notify/webhooks/list.ts": "src/domain/notify/webhooks/targets.test.ts",
  "src/domain/tenancy/aliases/delete.ts": "src/domain/tenancy/aliases/create.test.ts",
  "src/domain/tenancy/aliases/list.ts": "src/domain/tenancy/aliases/create.test.ts",
  "src/domain/tenancy/domains/list.ts": "src/domain/tenancy/domains/create.test.ts",
  "src/domain/tenancy/domains/register-own.ts": "src/domain/tenancy/domains/create.test.ts",
  "src/domain/tenancy/domains/rotate-keys.ts": "src/domain/tenancy/domains/verify.test.ts",
  "src/domain/tenancy/inboxes/delete.ts": "src/domain/tenancy/client-ids/claim.test.ts",
  "src/domain/tenancy/inboxes/get.ts": "src/domain/tenancy/inboxes/pause.test.ts",
  "src/domain/tenancy/inboxes/list.ts": "src/domain/tenancy/moves/move.test.ts",
  "src/domain/tenancy/organizations/get.ts": "src/domain/tenancy/organizations/pause.test.ts",
  "src/domain/tenancy/pods/list-all.ts": "src/domain/tenancy/pods/list.test.ts",
  "src/domain/tenancy/profiles/get.ts": "src/domain/tenancy/profiles/callback-uris.test.ts",
  "src/domain/transit/drafts/create.ts": "src/domain/transit/drafts/update.test.ts",
  "src/domain/transit/drafts/delete.ts": "src/domain/transit/drafts/update.test.ts",
  "src/domain/transit/drafts/get-attachment.ts": "src/domain/transit/drafts/update.test.ts",
  "src/domain/transit/drafts/get.ts": "src/domain/transit/drafts/update.test.ts",
  "src/domain/transit/outbound/cancel.ts": "src/domain/transit/outbound/queue.test.ts",
  "src/domain/transit/outbound/get.ts": "src/domain/transit/outbound/queue.test.ts",
  "src/domain/transit/outbound/good-standing.ts": "src/domain/transit/outbound/rates.test.ts",
  "src/domain/transit/outbound/retry.ts": "src/domain/transit/outbound/queue.test.ts",
  "src/domain/transit/sends/submit-mail.ts": "src/domain/transit/sends/submit.test.ts",
};

const testOf = (path: string): string => path.replace(/\.ts$/, ".test.ts");

/** Names of the operations that a file exports; what it keeps for itself runs behind a function of its own, which tests call. */
function operationsOf({ nodes }: Module): string[] {
  const exported = nodes.flatMap((node) => {
    const declaration = node.type === "ExportNamedDeclaration" ? childNode(node, "declaration") : undefined;
    return declaration?.type === "VariableDeclaration" ? childNodes(declaration, "declarations") : [];
  });
  return exported.flatMap((declarator) => {
    const made = childNode(declarator, "init");
    const isOperation =
      made?.type === "CallExpression" && dottedName(childNode(made, "callee")) === "operation";
    return isOperation ? [dottedName(childNode(declarator, "id")) ?? ""] : [];
  });
}

function violationsOf(module: Module, modules: ReadonlyMap<string, Module>): Violation[] {
  const { path } = module;
  const beside = testedBeside[path];
  if (modules.has(testOf(path)))
    return beside === undefined
      ? []
      : [{ path, says: "has a test of its name: take it off the list of those that are tested beside" }];
  if (beside === undefined)
    return [{ path, says: `has operations and no ${testOf(path)}, which runs them through the door` }];
  const imported = modules.get(beside)?.imports.flatMap(({ names }) => names.map(({ name }) => name)) ?? [];
  const missing = operationsOf(module).filter((name) => !imported.includes(name));
  return missing.map((name) => ({
    path,
    says: `is said to be tested by ${beside}, which does not run ${name}`,
  }));
}

const testsBesideOperations: Rule = {
  guarantee: "each file with operations has its test, of its name or known to be a neighbour's",
  law,
  find(tree) {
    const modules = new Map(tree.modules.map((module) => [module.path, module]));
    return productModules(tree)
      .filter((module) => module.path.startsWith("src/domain/") && operationsOf(module).length > 0)
      .flatMap((module) => violationsOf(module, modules));
  },
};

export const operationRules: readonly Rule[] = [testsBesideOperations];
