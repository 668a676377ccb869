/** A fleet declares policies, rules and lists by the fields that the API has for them. */
import { expect, test } from "vitest";
import type { z } from "zod";
import { fleetList, fleetPolicy, fleetRule } from "../../../protocols/fleet-file/index.ts";
import { createPolicyBody } from "./shapes/policy.ts";
import { createRuleBody } from "./shapes/rule.ts";
import { createListBody } from "./shapes/value-list.ts";

const fieldsOf = ({ shape }: z.ZodObject, ...without: readonly string[]): string[] =>
  Object.keys(shape)
    .filter((field) => !without.includes(field))
    .sort();

test("the fields are those of the API, but for names, which are the keys, and a policy's rules, which are none", () => {
  expect(fieldsOf(fleetPolicy)).toEqual(fieldsOf(createPolicyBody, "name", "rules"));
  expect(fieldsOf(fleetRule)).toEqual(fieldsOf(createRuleBody, "name"));
  expect(fieldsOf(fleetList, "items")).toEqual(fieldsOf(createListBody, "name"));
});

test("so are those inside a policy and a rule", () => {
  for (const part of ["limits", "options", "spam_detection"] as const)
    expect(fieldsOf(fleetPolicy.shape[part].unwrap()), part).toEqual(
      fieldsOf(createPolicyBody.shape[part].unwrap()),
    );
  const { match, actions } = fleetRule.shape;
  expect(fieldsOf(match)).toEqual(fieldsOf(createRuleBody.shape.match));
  expect(fieldsOf(match.shape.conditions.element)).toEqual(
    fieldsOf(createRuleBody.shape.match.shape.conditions.element),
  );
  expect(fieldsOf(actions.element)).toEqual(fieldsOf(createRuleBody.shape.actions.element));
});
