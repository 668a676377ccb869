/** A fleet's document as the domain takes it: policies, rules and lists under the domain's names. */
import type { z } from "@hono/zod-openapi";
import {
  type DeclaredShared,
  desiredOf,
  type FleetOptions,
  type Wanted,
} from "../../../../domain/fleet/plans/index.ts";
import {
  type FleetDocument,
  type FleetPolicy,
  type FleetRule,
  fleetDocument,
} from "../../../../protocols/fleet-file/index.ts";
import { InvalidRequest } from "../../dialect/invalid-request.ts";
import { fromWire } from "../../dialect/naming.ts";
import { fromLimits } from "../../dialect/policy-limits.ts";
import type { planFleetBody } from "./fleet.ts";

const policyOf = ({
  limits,
  options,
  spam_detection: spam,
}: FleetPolicy): DeclaredShared["policies"][string] => ({
  ...(limits !== undefined && { limits: fromLimits(limits) }),
  ...(options !== undefined && { options: fromWire(options) }),
  ...(spam !== undefined && { spamDetection: fromWire(spam) }),
});

const ruleOf = ({ match, actions, ...rest }: FleetRule): DeclaredShared["rules"][string] => ({
  ...fromWire(rest),
  match: {
    ...(match.operator !== undefined && { operator: match.operator }),
    conditions: match.conditions,
  },
  actions: actions.map(({ type, value }) => ({ type, ...(value !== undefined && { value }) })),
});

const mapped = <From, To>(
  given: Readonly<Record<string, From>> | undefined,
  map: (one: From) => To,
): Record<string, To> =>
  Object.fromEntries(Object.entries(given ?? {}).map(([name, one]) => [name, map(one)]));

const sharedOf = ({ policies, rules, lists }: FleetDocument): DeclaredShared => ({
  policies: mapped(policies, policyOf),
  rules: mapped(rules, ruleOf),
  lists: mapped(lists, fromWire),
});

type Body = z.infer<typeof planFleetBody>;

const optionsOf = ({ targets, prune, max_delete: maxDelete, now }: Omit<Body, "document">): FleetOptions => ({
  targets: targets ?? null,
  prune: prune ?? false,
  maxDelete: maxDelete ?? null,
  now: now ?? false,
});

/** @throws InvalidRequest for a document that has not its shape, Failure input.invalid for what else is wrong with it */
export function wantedOf({ document, ...options }: Body): Wanted {
  const parsed = fleetDocument.safeParse(document);
  if (!parsed.success)
    throw new InvalidRequest(
      parsed.error.issues.map(({ input: _input, ...issue }) => ({
        ...issue,
        code: issue.code ?? "custom",
        path: ["document", ...issue.path],
      })),
    );
  return { desired: desiredOf(parsed.data, sharedOf(parsed.data)), options: optionsOf(options) };
}
