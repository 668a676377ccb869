/**
 * Every route x every permission that its operation declares, reads and conditional ones included: a key that holds all
 * others is refused, and a key that holds those alone is not refused for a permission. Hence a permission that is declared
 * and not checked is found, and so is one that is checked and not declared.
 */
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { holds, type Permission, permissions } from "../../src/domain/door/access/index.ts";
import type { Route } from "../../src/transport/http/dialect/route.ts";
import { allRoutes, dialects, readRefusal } from "../dialects/index.ts";
import { furnish, pathTo, routeCaseOf } from "../nouns/index.ts";
import { type Things, thing } from "../nouns/noun.ts";
import { type TestApp, testApp } from "../support/test-app.ts";
import { insertOrganization } from "./second-organization.ts";

let app: TestApp;
let database: pg.Client;
let own: Things;
let foreign: Things;

beforeAll(async () => {
  app = await testApp({ ROOKERY_SERVICES: "http" }, dialects);
  database = new pg.Client({ connectionString: app.databaseUrl, options: "-c role=rookery_worker" });
  await database.connect();
  own = await furnish(app, "own");
  foreign = await furnish(app, "foreign", await insertOrganization(database));
});
afterAll(async () => {
  await database.end();
  await app.stop();
});

const granted = new Map<string, Promise<string>>();

/** A key of the organization with these permissions and no others. */
function keyWith(held: readonly Permission[]): Promise<string> {
  const name = [...held].toSorted().join();
  const made =
    granted.get(name) ??
    app
      .request("POST", "/v0/api-keys", {
        body: { permissions: Object.fromEntries(held.map((one) => [one, true])) },
      })
      .then(({ body }) => String(body["api_key"]));
  granted.set(name, made);
  return made;
}

/** A key that lacks this permission alone, and those that include it. What cannot be granted is what keys of a pod never have. */
const keyWithout = async (missing: Permission): Promise<string> =>
  permissions.some((one) => one === missing)
    ? keyWith(permissions.filter((one) => !holds("organization", { [one]: true }, missing)))
    : thing(own, "pod_key");

/** Bodies for which the route needs the permission. */
function bodiesNeeding(
  route: Route,
  { permission, says }: Route["needs"][number],
  things: Things,
): unknown[] {
  const { body, needing } = routeCaseOf(route);
  if (says === null) return [body?.(things)];
  return (needing?.[permission] ?? []).map((body) => body(things));
}

const call = async (route: Route, key: string, things: Things, body: unknown) =>
  app.request(route.method.toUpperCase(), pathTo(route.path, things), {
    key,
    ...(body !== undefined && { body }),
  });

test("every permission that only some inputs need has a body that needs it, and every such body a need", () => {
  for (const route of allRoutes) {
    const conditional = route.needs.filter(({ says }) => says !== null).map(({ permission }) => permission);
    expect(new Set(conditional).size, route.name).toBe(conditional.length);
    const { needing = {} } = routeCaseOf(route);
    expect(Object.keys(needing).toSorted(), route.name).toEqual(conditional.toSorted());
  }
});

test("only who-am-i, sign-up and a directory that is empty need no permission", () => {
  expect(allRoutes.filter(({ needs }) => needs.length === 0).map(({ name }) => name)).toEqual([
    "auth.me",
    "agent.signUp",
    ...["apps.list", "apps.search", "apps.get"],
    ...["providers.list", "providers.search", "providers.get"],
  ]);
});

test("without one of the permissions that it declares, no route does anything", async () => {
  const wrong: string[] = [];
  for (const route of allRoutes)
    for (const need of route.needs)
      for (const body of bodiesNeeding(route, need, own)) {
        const answer = await call(route, await keyWithout(need.permission), own, body);
        const refusal = readRefusal(route.path, answer);
        const refused =
          refusal.status === 403 &&
          refusal.code === "missing_permission" &&
          refusal.fix.includes(need.permission);
        if (!refused)
          wrong.push(
            `${route.name} without ${need.permission}: ${answer.status} ${answer.text.slice(0, 120)}`,
          );
      }
  expect(wrong).toEqual([]);
});

test("with the permissions that it declares and no others, no route asks for another", async () => {
  const wrong: string[] = [];
  for (const route of allRoutes) {
    const declared = route.needs.map(({ permission }) => permission);
    // What cannot be granted alone.
    if (declared.some((one) => !permissions.some((known) => known === one))) continue;
    const key = await keyWith(declared);
    for (const need of route.needs)
      for (const body of bodiesNeeding(route, need, foreign)) {
        // On what is not there for it: what matters is that the refusal is no longer one of permissions.
        const answer = await call(route, key, foreign, body);
        if (readRefusal(route.path, answer).code === "missing_permission")
          wrong.push(`${route.name}: ${answer.text.slice(0, 160)}`);
      }
  }
  expect(wrong).toEqual([]);
});
