import fc from "fast-check";
import { expect, it } from "vitest";
import { compileRules } from "./compile.ts";
import { evaluate } from "./evaluate.ts";
import { type Condition, listsOf, outboundTypes, type Rule } from "./rule.ts";
import { partyOf, type Subject } from "./subject.ts";
import { type IsListed, valuesIn } from "./values.ts";

const listIds = ["l1", "l2", "l3"];
const values = {
  address: ["a@b.test", "c@b.test", "a@d.example", "c@d.example"],
  domain: ["b.test", "d.example"],
  tld: ["test", "example"],
};
/** Of messages and conditions alike: few, so that they meet, and in normal form, so that comparing needs no more than texts. */
const valueFor = (field: Condition["field"]) =>
  fc.constantFrom(
    ...values[field.endsWith("address") ? "address" : field.endsWith("domain") ? "domain" : "tld"],
  );
const fields = (["from", "recipient"] as const).flatMap((who) =>
  (["address", "domain", "tld"] as const).map((part) => `${who}.${part}` as const),
);
const partyCondition: fc.Arbitrary<Condition> = fc.constantFrom(...fields).chain((field) =>
  fc.oneof(
    fc.record({
      field: fc.constant(field),
      operator: fc.constantFrom("is", "is_not", "contains"),
      value: valueFor(field),
    }),
    fc.record({
      field: fc.constant(field),
      operator: fc.constant("in_list"),
      value: fc.oneof(
        fc.constantFrom(...listIds),
        fc.uniqueArray(fc.constantFrom(...listIds), { minLength: 1 }),
      ),
    }),
  ),
);
const typeCondition: fc.Arbitrary<Condition> = fc.record({
  field: fc.constant("outbound.type"),
  operator: fc.constantFrom("is", "is_not"),
  value: fc.constantFrom(...outboundTypes),
});
const conditions = fc.array(fc.oneof({ weight: 8, arbitrary: partyCondition }, typeCondition), {
  minLength: 1,
  maxLength: 4,
});
const terms = fc.record({
  match: fc.record({ operator: fc.constantFrom("all", "any"), conditions }),
  actions: fc.constantFrom<Rule["actions"][]>(
    [{ type: "block" }],
    [{ type: "archive" }],
    [{ type: "mark_as_read" }, { type: "trash" }],
  ),
});
const rules = fc.array(terms, { maxLength: 12 }).map((all) =>
  all.map(
    (own, place): Rule => ({
      ...own,
      id: String(place),
      organizationId: "o",
      name: "R",
      description: null,
      priority: place,
      enabled: true,
      trigger: "outbound",
      createdAt: new Date(0),
      updatedAt: new Date(0),
    }),
  ),
);
const party = fc.constantFrom(...values.address).map(partyOf);
const subjects: fc.Arbitrary<Subject> = fc.record({
  from: fc.option(party),
  recipients: fc.array(party, { maxLength: 3 }),
  outboundType: fc.option(fc.constantFrom(...outboundTypes)),
});
const listed = fc.array(
  fc.tuple(fc.constantFrom(...listIds), fc.constantFrom(...Object.values(values).flat())),
  { maxLength: 8 },
);

/** As docs say of a condition, without anything compiled. */
function holds(condition: Condition, subject: Subject, isListed: IsListed): boolean {
  const own = valuesIn(subject)(condition.field);
  const wanted = String(condition.value);
  switch (condition.operator) {
    case "is":
      return own.some((value) => value === wanted);
    case "is_not":
      return own.every((value) => value !== wanted);
    case "contains":
      return own.some((value) => value.includes(wanted));
    case "in_list":
      return listsOf(condition).some((listId) => own.some((value) => isListed(listId, value)));
  }
}

it("rules found by an index match as rules that are asked one after the other", () => {
  fc.assert(
    fc.property(rules, subjects, listed, (given, subject, items) => {
      const isListed: IsListed = (listId, value) => items.some(([id, one]) => id === listId && one === value);
      const fits = given.filter(({ match }) => {
        const all = match.conditions.map((condition) => holds(condition, subject, isListed));
        return match.operator === "all" ? all.every(Boolean) : all.some(Boolean);
      });
      const first = fits.findIndex(({ actions }) => actions.some(({ type }) => type === "block"));
      const matched = (first === -1 ? fits : fits.slice(0, first + 1)).map(({ id }) => id);
      const actions = first === -1 ? fits.flatMap((rule) => rule.actions) : [];
      expect(evaluate(compileRules(given, "outbound"), subject, isListed)).toEqual({
        blocked: first !== -1,
        matched,
        actions,
      });
    }),
    { numRuns: 500 },
  );
});
