/**
 * Every route that takes a body x everything a body can have wrong, generated from the route table: refused in the
 * contract's envelope at the field that is wrong, with nothing stored.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Route } from "../../src/transport/http/dialect/route.ts";
import { allRoutes } from "../dialects/index.ts";
import { caseNameOf, pathTo, routeCaseOf, routeCases } from "../nouns/index.ts";
import { kinds } from "./field-kinds.ts";
import { judgeAll, type RawAnswer, type RawRequest } from "./raw-request.ts";
import { refusedAt } from "./refusal.ts";
import { openTenant, type Tenant } from "./tenant.ts";
import { bodyFields, requiredFields, wrongValues } from "./wrong-types.ts";

let tenant: Tenant;
beforeAll(async () => {
  tenant = await openTenant();
});
afterAll(async () => tenant.stop());

interface Case {
  readonly name: string;
  readonly request: RawRequest;
  /** Where `errors` points; null at no field. */
  readonly at: readonly (string | number)[] | null;
  readonly status: number;
}

const withBody = allRoutes.filter((route) => route.body !== undefined);

function caseOf(
  route: Route,
  says: string,
  body: unknown,
  refusal: Pick<Case, "at"> & { status?: number },
): Case {
  const path = pathTo(route.path, tenant.things);
  return {
    name: `${route.name}: ${says}`,
    request: { method: route.method.toUpperCase(), path, body, key: tenant.keyFor(route) },
    at: refusal.at,
    status: refusal.status ?? 400,
  };
}

const judge = (answer: RawAnswer, { at, status }: Case): string | null => refusedAt(answer, status, at);

/** Each case alone is refused, and all of them together have changed nothing. */
async function expectRefused(cases: readonly Case[]): Promise<void> {
  expect(cases.length).toBeGreaterThan(0);
  const before = await tenant.fingerprint();
  const wrong = await judgeAll(tenant.app, cases, judge);
  expect(wrong, `${wrong.length} of ${cases.length} cases:\n${wrong.join("\n")}\n`).toEqual([]);
  expect(await tenant.fingerprint()).toBe(before);
}

describe("the table is whole", () => {
  test("every route has an entry, and every entry a route", () => {
    const known = allRoutes.map(caseNameOf);
    expect(Object.keys(routeCases).toSorted()).toEqual([...new Set(known)].toSorted());
  });

  test("every field of every body has a kind, and no other has", () => {
    for (const route of allRoutes) {
      const fields = bodyFields(route.path, route.method);
      expect(Object.keys(routeCaseOf(route).fields ?? {}).toSorted(), route.name).toEqual(
        Object.keys(fields ?? {}).toSorted(),
      );
    }
  });
});

describe("a body that is no JSON object", () => {
  const noObjects: readonly (readonly [string, unknown])[] = [
    ["no JSON", "{"],
    ["text before JSON", "x{}"],
    ["single quotes", "{'a':1}"],
    ["a form", "name=two&to=x@outside.test"],
    ["two objects", "{}{}"],
    ["no UTF-8", Buffer.from('{"name":"\xfc"}', "latin1")],
    ["UTF-16", Buffer.from('{"name":"two"}', "utf16le")],
    ["an array", []],
    ["a text", '"{}"'],
    ["null", "null"],
    ["a number", "5"],
    ["true", "true"],
    ["a deep array that is never closed", "[".repeat(100_000)],
  ];

  test("is refused by every route, with any content type", async () => {
    const cases = withBody.flatMap((route) =>
      noObjects.map(([says, body]) => caseOf(route, says, body, { at: null })),
    );
    await expectRefused(cases);
  });

  test("missing altogether, is refused where something is required, at what is missed", async () => {
    const needing = withBody.filter((route) => routeCaseOf(route).empty !== "accepted");
    const cases = needing.flatMap((route) => {
      const { empty } = routeCaseOf(route);
      const at = typeof empty === "string" ? [empty] : null;
      return [undefined, "", " \r\n", {}].map((body) =>
        caseOf(route, `the body ${JSON.stringify(body)}`, body, { at }),
      );
    });
    await expectRefused(cases);
  });
});

const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A value whose member is wrong, with the members that a right one has: what is missing is no reason to refuse it. */
const within = (right: unknown, wrong: unknown): unknown =>
  isObject(right) && isObject(wrong) ? { ...right, ...wrong } : wrong;

describe("a field of a wrong type", () => {
  test.each(withBody.map((route) => [route.name, route] as const))(
    "is refused by %s at the field",
    async (_name, route) => {
      const whole = routeCaseOf(route).body?.(tenant.things) ?? {};
      const required = requiredFields(route.path, route.method);
      const cases = Object.entries(bodyFields(route.path, route.method) ?? {}).flatMap(([field, schema]) =>
        wrongValues(route.path, field, schema, !required.includes(field)).map(({ path, value }) =>
          caseOf(
            route,
            `${field} ${JSON.stringify(value)}`,
            { ...whole, [field]: path.length > 0 ? within(whole[field], value) : value },
            { at: [field, ...path] },
          ),
        ),
      );
      await expectRefused(cases);
    },
  );
});

describe("null in every optional field", () => {
  test.each(withBody.map((route) => [route.name, route] as const))(
    "is taken by %s as if the fields were absent",
    async (_name, route) => {
      const whole = routeCaseOf(route).body?.(tenant.things) ?? {};
      const nulls = Object.keys(bodyFields(route.path, route.method) ?? {}).map((field) => [field, null]);
      const send = async (body: unknown) => {
        const fresh = await routeCaseOf(route).fresh?.(tenant.app.client(), tenant.things);
        const path = pathTo(route.path, { ...tenant.things, ...fresh });
        return tenant.app.request(route.method.toUpperCase(), path, { body, key: tenant.keyFor(route) });
      };
      const without = await send(whole);
      // Made anew: what a create has taken is not free again.
      const again = routeCaseOf(route).body?.(tenant.things) ?? {};
      const filled = await send({ ...Object.fromEntries(nulls), ...again });
      if (routeCaseOf(route).isOncePerMinute !== true)
        expect(filled.status, filled.text).toBe(without.status);
      expect(filled.status, filled.text).not.toBe(400);
    },
  );
});

describe("a field of a wrong value", () => {
  test.each(withBody.map((route) => [route.name, route] as const))(
    "is refused by %s at the field",
    async (_name, route) => {
      const whole = routeCaseOf(route).body?.(tenant.things) ?? {};
      const cases = Object.entries(routeCaseOf(route).fields ?? {}).flatMap(([field, kind]) =>
        (typeof kind === "string" ? kinds[kind] : kind).map(({ says, value, at = [], status }) =>
          caseOf(
            route,
            `${field}: ${says}`,
            { ...whole, [field]: value },
            {
              at: at === null ? null : [field, ...at],
              ...(status !== undefined && { status }),
            },
          ),
        ),
      );
      if (cases.length > 0) await expectRefused(cases);
    },
  );
});
