/** A fleet's document as the domain takes it: policies, rules and lists under the domain's names. */
import type { z } from "@hono/zod-openapi";
import {
  type DeclaredShared,
  DocumentReading,
  type FleetOptions,
  MAX_FLEET_TENANTS,
  pieceOf,
  type Wanted,
} from "../../../../domain/fleet/plans/index.ts";
import type { Pause } from "../../../../lib/loop-turns.ts";
import {
  type FleetDocument,
  type FleetPolicy,
  type FleetRule,
  fleetDocument,
  type Path,
} from "../../../../protocols/fleet-file/index.ts";
import { InvalidRequest, type Issue } from "../../dialect/invalid-request.ts";
import { fromWire } from "../../dialect/naming.ts";
import { fromLimits } from "../../dialect/policy-limits.ts";
import { FLEET_PIECE_WEIGHT, MAX_REPORTED_ISSUES } from "../../limits.ts";
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

/**
 * In pieces: of a hundred thousand tenants the check takes a second.
 * @throws InvalidRequest for a document that has not its shape, Failure input.invalid for what else is wrong with it
 */
export async function wantedOf({ document, ...options }: Body, pause: Pause): Promise<Wanted> {
  const given = document["tenants"];
  // What is no list is refused with the rest.
  const tenants: readonly unknown[] = Array.isArray(given) ? given : [];
  const parsed = fleetDocument.safeParse(Array.isArray(given) ? { ...document, tenants: [] } : document);
  const issues: Issue[] = parsed.success ? [] : parsed.error.issues.map((issue) => at(["document"], issue));
  const reading = parsed.success ? new DocumentReading(parsed.data, sharedOf(parsed.data)) : null;
  for (let from = 0; from < tenants.length && issues.length < MAX_REPORTED_ISSUES; ) {
    const piece = pieceOf(tenants, from, MAX_FLEET_TENANTS, FLEET_PIECE_WEIGHT);
    const read = tenantsOfDocument.safeParse(piece);
    const path = (issue: z.core.$ZodIssue) => at(["document", "tenants"], issue, from);
    if (!read.success) issues.push(...read.error.issues.map(path));
    else reading?.add(read.data);
    from += piece.length;
    if (from < tenants.length) await pause();
  }
  if (reading === null || issues.length > 0) throw new InvalidRequest(issues);
  return { desired: reading.end(), options: optionsOf(options) };
}

const tenantsOfDocument = fleetDocument.shape.tenants;

/** Without the value that was sent. @param from index of the first of the list that the issue is in */
function at(above: Path, { input: _input, ...issue }: z.core.$ZodIssue, from = 0): Issue {
  const [first, ...rest] = issue.path;
  const path = typeof first === "number" ? [from + first, ...rest] : issue.path;
  return { ...issue, code: issue.code ?? "custom", path: [...above, ...path] };
}
