/** What tenants share: policies, rules and lists of a document, as it declares them and as they are. */
import { isUuid } from "../../../lib/uuid.ts";
import { nearest } from "../../../protocols/fleet-file/index.ts";
import type { Context } from "../../door/context.ts";
import { fail, type InputProblem, refuseInvalid } from "../../door/failures.ts";
import type { Path } from "../../door/text.ts";
import { findPolicies, findPoliciesNamed, type Policy } from "../../guardrails/policies/index.ts";
import { findRulesById, findRulesNamed, type Rule } from "../../guardrails/rules/index.ts";
import { findLists, findListsNamed, type ValueList } from "../../guardrails/value-lists/index.ts";
import { MAX_FLEET_NAMES, MAX_FLEET_PROBLEMS } from "../limits.ts";
import { withAuthors } from "./authors.ts";
import { type Change, type ChangeDraft, changeOf, saysOf, whyOf } from "./change.ts";
import type { DeclaredShared, FleetSettings } from "./desired.ts";
import type { Resolved } from "./resolved.ts";
import { listFields, policyFields, ruleFields } from "./shared-fields.ts";
import { findNames, findSharedMarks, type SharedKind, type SharedMark } from "./shared-store.ts";

/** Where a document names a policy or a rule. */
export type PlacesOf = (kind: "policies" | "rules", name: string) => readonly Path[];

/**
 * What tenants name, by those names.
 * @param placesOf absent: nobody knows any more
 * @throws Failure input.invalid when the document names what is not there or not unique
 */
export async function lookUpNames(
  context: Context,
  settings: Pick<FleetSettings, "named" | "declared">,
  placesOf?: PlacesOf,
): Promise<Resolved> {
  const marks = await findSharedMarks(context.tx, context.scope);
  // Declared ones as well: what a pod is to have no longer is named as the document names it.
  const { named, declared } = settings;
  const names = (kind: "policies" | "rules"): string[] => [...new Set([...declared[kind], ...named[kind]])];
  const policies = await findKind(context, marks, "policy", names("policies"), kinds.policy);
  const rules = await findKind(context, marks, "rule", names("rules"), kinds.rule);
  await refuseUnknown(context, settings, { policies, rules }, placesOf);
  return resolvedOf(policies, rules);
}

export interface SharedLook {
  readonly resolved: Resolved;
  /** Ids of lists by their names; those alone that are there. */
  readonly listIds: ReadonlyMap<string, string>;
  readonly changes: readonly Change[];
}

/**
 * @throws Failure input.invalid when the document names what is not there or not unique, or declares what cannot be
 */
export async function lookAtShared(
  context: Context,
  settings: Pick<FleetSettings, "named" | "declared">,
  shared: DeclaredShared,
): Promise<SharedLook> {
  const { tx, scope } = context;
  const marks = await findSharedMarks(tx, scope);
  const policies = await findKind(
    context,
    marks,
    "policy",
    namesOf(settings, shared, "policies"),
    kinds.policy,
  );
  const rules = await findKind(context, marks, "rule", namesOf(settings, shared, "rules"), kinds.rule);
  const lists = await findKind(context, marks, "list", Object.keys(shared.lists), kinds.list);
  await refuseUnknown(context, settings, { policies, rules });
  const listIds = new Map([...lists.things].map(([name, { id }]) => [name, id]));
  const drafts = [
    ...(await listDrafts(context, shared, lists)),
    ...policyDrafts(context, shared, policies),
    ...ruleDrafts(shared, rules, listIds),
  ];
  const changes = await withAuthors(
    context,
    drafts.map((draft) => {
      const mark = marks.find(({ kind, name }) => kind === draft.kind && name === draft.name);
      return {
        change: changeOf(draft),
        mark: mark === undefined ? null : { podId: scope.organizationId, appliedAt: mark.appliedAt },
        lostId: draft.action === "create" ? (mark?.id ?? null) : null,
      };
    }),
  );
  return { resolved: resolvedOf(policies, rules), listIds, changes };
}

/** Those that are declared, and those that tenants name. */
const namesOf = (
  { named }: Pick<FleetSettings, "named">,
  shared: DeclaredShared,
  kind: "policies" | "rules",
): string[] => [...new Set([...Object.keys(shared[kind]), ...named[kind]])];

type Thing = { readonly id: string; readonly name: string };

/** How things of a kind are looked up. */
interface Kind<Of extends Thing> {
  readonly named: (context: Context, names: readonly string[]) => Promise<readonly Thing[]>;
  readonly byId: (context: Context, ids: readonly string[]) => Promise<readonly Of[]>;
}

const kinds = {
  policy: {
    named: ({ tx, scope }, names) => findPoliciesNamed(tx, scope, names),
    byId: ({ tx, scope, installation }, ids) => findPolicies(tx, scope, ids, installation.limits),
  } satisfies Kind<Policy>,
  rule: {
    named: ({ tx, scope }, names) => findRulesNamed(tx, scope, names),
    byId: ({ tx, scope }, ids) => findRulesById(tx, scope, ids),
  } satisfies Kind<Rule>,
  list: {
    named: ({ tx, scope }, names) => findListsNamed(tx, scope, names),
    byId: ({ tx, scope }, ids) => findLists(tx, scope, ids),
  } satisfies Kind<ValueList>,
} as const;

interface FoundKind<Of extends Thing> {
  /** By the name that the document has for it. */
  readonly things: ReadonlyMap<string, Of>;
  readonly marks: ReadonlyMap<string, SharedMark>;
}

/** A name is that of what the fleet made under it, else of the one thing that has it, else an id. */
async function findKind<Of extends Thing>(
  context: Context,
  all: readonly SharedMark[],
  kind: SharedKind,
  names: readonly string[],
  look: Kind<Of>,
): Promise<FoundKind<Of>> {
  const marks = new Map(all.filter((mark) => mark.kind === kind).map((mark) => [mark.name, mark]));
  const named = Map.groupBy(await look.named(context, names), ({ name }) => name);
  const ids = names.flatMap((name) => [
    ...[marks.get(name)?.id].flatMap((id) => id ?? []),
    ...(named.get(name) ?? []).map(({ id }) => id),
    ...(isUuid(name) ? [name.toLowerCase()] : []),
  ]);
  const byId = new Map((await look.byId(context, [...new Set(ids)])).map((thing) => [thing.id, thing]));
  const things = new Map<string, Of>();
  for (const name of names) {
    const candidates = named.get(name) ?? [];
    const thing =
      byId.get(marks.get(name)?.id ?? "") ??
      byId.get(candidates[0]?.id ?? "") ??
      byId.get(name.toLowerCase());
    if (thing === undefined) continue;
    if (thing.id !== marks.get(name)?.id && candidates.length > 1)
      throw fail("input.invalid", {
        message: `There are ${candidates.length} ${kind === "policy" ? "policies" : `${kind}s`} named ${name}`,
        hint: "Rename or delete all but one, or name it by its id.",
      });
    things.set(name, thing);
  }
  return { things, marks };
}

async function refuseUnknown(
  { tx, scope }: Context,
  { declared, named }: Pick<FleetSettings, "named" | "declared">,
  found: { readonly policies: FoundKind<Policy>; readonly rules: FoundKind<Rule> },
  placesOf: PlacesOf = () => [[]],
): Promise<void> {
  const problems: InputProblem[] = [];
  for (const [kind, word] of [
    ["policies", "policy"],
    ["rules", "rule"],
  ] as const) {
    const unknown = named[kind].filter(
      (name) => !declared[kind].includes(name) && !found[kind].things.has(name),
    );
    if (unknown.length === 0) continue;
    const known = [...declared[kind], ...(await findNames(tx, scope, kind, MAX_FLEET_NAMES))];
    for (const name of unknown.slice(0, MAX_FLEET_PROBLEMS)) {
      const meant = nearest(name, known);
      const message = `There is no ${word} ${name}: ${meant === null ? "declare it in the document, or create it first" : `did you mean ${meant}?`}`;
      problems.push(...placesOf(kind, name).map((path) => ({ path, message })));
    }
  }
  refuseInvalid(problems.slice(0, MAX_FLEET_PROBLEMS));
}

function resolvedOf(policies: FoundKind<Policy>, rules: FoundKind<Rule>): Resolved {
  const policyNames = new Map([...policies.things].map(([name, { id }]) => [id, name]));
  const ruleNames = new Map([...rules.things].map(([name, { id }]) => [id, name]));
  return {
    policyId: (name) => (name === null ? null : (policies.things.get(name)?.id ?? NOT_THERE)),
    ruleId: (name) => rules.things.get(name)?.id ?? null,
    policyName: (id) => (id === null ? null : (policyNames.get(id) ?? id)),
    ruleName: (id) => ruleNames.get(id) ?? id,
  };
}

/** Stands for the id of what is yet to be made: no thing has it. */
const NOT_THERE = "00000000-0000-0000-0000-000000000000";

/** What comes of one declaration. @param fields what differs, of one that is there */
function draftsOf(
  kind: SharedKind,
  name: string,
  says: unknown,
  { things, marks }: FoundKind<Thing>,
  fields: () => NonNullable<ChangeDraft["fields"]>,
): ChangeDraft[] {
  const thing = things.get(name);
  const mark = marks.get(name);
  const base = { kind, name, tenant: null } as const;
  if (thing === undefined)
    return [
      mark === undefined
        ? { ...base, action: "create", cause: "new", why: "the document declares it" }
        : {
            ...base,
            action: "create",
            cause: "drift",
            why: "the fleet made it, and it is not there any more",
          },
    ];
  const differences = fields();
  const isDrift = mark?.says === saysOf(says);
  const adopted: ChangeDraft[] =
    mark?.id === thing.id
      ? []
      : [
          {
            ...base,
            action: "adopt",
            objectId: thing.id,
            cause: "new",
            why: "it is there under this name, and the fleet did not make it",
          },
        ];
  if (differences.length === 0) return adopted;
  return [
    ...adopted,
    {
      ...base,
      action: "update",
      objectId: thing.id,
      fields: differences,
      cause: mark === undefined ? "new" : isDrift ? "drift" : "file",
      why: whyOf(differences, isDrift),
    },
  ];
}

async function listDrafts(
  context: Context,
  shared: DeclaredShared,
  lists: FoundKind<ValueList>,
): Promise<ChangeDraft[]> {
  const drafts: ChangeDraft[] = [];
  // One after the other: a list may have a hundred thousand values.
  for (const [name, declared] of Object.entries(shared.lists)) {
    const thing = lists.things.get(name);
    const fields = await listFields(context, name, declared, thing);
    drafts.push(...draftsOf("list", name, declared, lists, () => fields));
  }
  return drafts;
}

const policyDrafts = (
  { installation }: Context,
  shared: DeclaredShared,
  policies: FoundKind<Policy>,
): ChangeDraft[] =>
  Object.entries(shared.policies).flatMap(([name, declared]) =>
    draftsOf("policy", name, declared, policies, () =>
      policyFields(declared, policies.things.get(name), installation.limits),
    ),
  );

const ruleDrafts = (
  shared: DeclaredShared,
  rules: FoundKind<Rule>,
  listIds: ReadonlyMap<string, string>,
): ChangeDraft[] =>
  Object.entries(shared.rules).flatMap(([name, declared]) =>
    draftsOf("rule", name, declared, rules, () => ruleFields(declared, rules.things.get(name), listIds)),
  );
