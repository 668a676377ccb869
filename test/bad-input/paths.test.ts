/**
 * Every parameter of every route x ids that are none: answered 404 in the dialect's envelope (contract 1.3; nylas 1.3), with
 * nothing changed anywhere.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Route } from "../../src/transport/http/dialect/route.ts";
import { allRoutes, dialectOf, dialects } from "../dialects/index.ts";
import {
  aliasesOf,
  barePathTo,
  namesNothing,
  pathTo,
  refusesMalformed,
  routeCaseOf,
  thingAt,
} from "../nouns/index.ts";
import { type Things, thing } from "../nouns/noun.ts";
import { outsideItsInbox } from "../nouns/polling.ts";
import { judgeAll, type RawRequest, send } from "./raw-request.ts";
import { refused } from "./refusal.ts";
import { openTenant, type Tenant } from "./tenant.ts";

let tenant: Tenant;
beforeAll(async () => {
  tenant = await openTenant();
});
afterAll(async () => tenant.stop());

const parametersOf = (route: Route): string[] =>
  [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "");

/** As they stand in the path. */
const noIds: readonly string[] = [
  "",
  "%00",
  "a%00b",
  "%zz",
  "%C0%80",
  "%ED%A0%80",
  "..",
  "%2e%2e",
  "..%2f..%2fpods",
  "%2F",
  "%0d%0aX-Evil:1",
  "%E4%BE%8B",
  "%F0%9F%90%A6@rookery.localhost",
  "*",
  "null",
  "'%20or%20'1'%3D'1",
  "0190a000-0000-7000-8000-00000000dead",
  "{0190a000-0000-7000-8000-00000000dead}",
  "ep_0190a0000000700080000000000000ff",
  "nobody@rookery.localhost",
  "x".repeat(10_000),
  `${"x".repeat(5000)}@rookery.localhost`,
];

/** Ids of the tenant's other things, and its own id with something more. */
function nearIds(route: Route, parameter: string, things: Things): string[] {
  const own = thingAt(route.path, parameter, things);
  // At organization level the keys of pods and inboxes are in reach too.
  const reached = route.path.startsWith("/v0/api-keys")
    ? [thing(things, "api_key_id"), thing(things, "pod_key_id")]
    : [own, ...aliasesOf(parameter).map((name) => thing(things, name))];
  const others = Object.values(things).filter((thing) => !reached.includes(thing));
  return [...others, `${own}x`, `x${own}`, `${own}?`].map(encodeURIComponent);
}

interface Case {
  readonly name: string;
  readonly parameter?: string;
  readonly request: RawRequest;
}

function requestTo(route: Route, path: string): RawRequest {
  const body = routeCaseOf(route).body?.(tenant.things);
  const key = tenant.keyFor(route);
  return { method: route.method.toUpperCase(), path, key, ...(body !== undefined && { body }) };
}

const named = allRoutes.filter((route) => parametersOf(route).length > 0);

/** Ids of each list that a route gets at least, for each of its parameters. */
const LEAST_IDS = 6;

/** Others for each route, so that the routes that have a parameter in common meet every id between them. */
function share(ids: readonly string[], route: Route, parameter: string): string[] {
  const having = named.filter((other) => parametersOf(other).includes(parameter));
  const count = Math.min(ids.length, Math.max(LEAST_IDS, Math.ceil(ids.length / having.length)));
  const start = (having.indexOf(route) * count) % ids.length;
  return [...ids, ...ids].slice(start, start + count);
}

const casesOf = (route: Route): Case[] =>
  parametersOf(route)
    .filter((parameter) => !namesNothing.has(parameter))
    .flatMap((parameter) =>
      [
        ...share(noIds, route, parameter),
        ...share(nearIds(route, parameter, tenant.things), route, parameter),
      ].map((id) => ({
        parameter,
        name: `${route.name} with ${parameter} ${JSON.stringify(id.slice(0, 60))}`,
        request: requestTo(
          route,
          pathTo(route.path.replace(`{${parameter}}`, id.replaceAll("$", "$$$$")), tenant.things),
        ),
      })),
    );

async function expectNothingThere(cases: readonly Case[]): Promise<void> {
  const before = await tenant.fingerprint();
  const wrong = await judgeAll(tenant.app, cases, (answer, { parameter }) =>
    refused(answer, answer.status === 400 && refusesMalformed.has(parameter ?? "") ? 400 : 404),
  );
  expect(wrong, `${wrong.length} of ${cases.length} cases:\n${wrong.join("\n")}\n`).toEqual([]);
  expect(await tenant.fingerprint()).toBe(before);
}

describe("an id that names nothing of its kind", () => {
  const methods = [...new Set(named.map((route) => route.method))];

  test.each(methods)("is not found by any %s route", async (method) => {
    await expectNothingThere(named.filter((route) => route.method === method).flatMap(casesOf));
  });
});

describe("a path that is no route", () => {
  /** Text after a Message-ID may belong to it: such a path is an unknown message. */
  const label = { add_labels: ["two"], display_name: "Two" };

  test("with a method that the path does not have, is not found; never 405", async () => {
    // What a vendor has and we have not is answered as such.
    const others = dialects.flatMap(({ fixed, unbuilt }) => [...fixed, ...unbuilt]);
    const place = ({ method, path }: { method: string; path: string }): string =>
      `${method} ${path.replaceAll(/\{\w+\}/g, "{}")}`;
    const has = new Set([...allRoutes, ...others].map(place));
    const paths = [...new Set(allRoutes.map((route) => route.path))];
    const cases = paths.flatMap((path) =>
      ["get", "post", "put", "patch", "delete"]
        .filter((method) => !has.has(place({ method, path })))
        .map((method) => ({
          name: `${method} ${path}`,
          request: { method: method.toUpperCase(), path: pathTo(path, tenant.things), body: label },
        })),
    );
    await expectNothingThere(cases);
  });

  test("with a slash behind it or doubled, or in another case, is not found", async () => {
    const cases = allRoutes.flatMap((route) => {
      const path = barePathTo(route.path, tenant.things);
      const { name, leadingSlashes } = dialectOf(path);
      return [
        `${path}/`,
        `${path}//`,
        path.replace(`/${name}/`, `/${name}//`),
        path.replace(`/${name}/`, `/${name.toUpperCase()}/`),
        ...(leadingSlashes ? [] : [`/${path}`]),
      ].map((odd) => ({ name: `${route.name} ${odd}`, request: requestTo(route, odd) }));
    });
    await expectNothingThere(cases);
  });

  test("anywhere, is not found", async () => {
    const paths = [
      "/v",
      "/v1/pods",
      ...dialects.flatMap(({ name }) => [`/${name}`, `/${name}/`, `/${name}/nothing`, `/${name}/files/`]),
      "/v0/pods/x/y/z",
      "/v0/files",
      "/docs/x",
    ];
    const cases = paths.map((path) => ({ name: path, request: { method: "GET", path } }));
    await expectNothingThere(cases);
  });

  test("HEAD answers as GET without a body, and OPTIONS and TRACE reach nothing", async () => {
    // The text of a file is kept from the first time that it is asked for.
    for (const { path } of allRoutes.filter((route) => route.path.endsWith("/attachments/{attachment_id}")))
      await send(tenant.app, { method: "HEAD", path: pathTo(path, tenant.things) });
    const before = await tenant.fingerprint();
    // Who exports a pod is on record, whatever becomes of the answer.
    for (const route of allRoutes.filter(({ path }) => !path.endsWith("/export"))) {
      const path = pathTo(route.path, tenant.things);
      const gets = allRoutes.find((other) => other.method === "get" && other.path === route.path);
      const head = await send(tenant.app, { method: "HEAD", path });
      expect({ path, status: head.status, text: head.text }).toEqual({
        path,
        status: gets === undefined || outsideItsInbox.has(gets.name) ? 404 : (gets.refused?.status ?? 200),
        text: "",
      });
      const options = await send(tenant.app, { method: "OPTIONS", path });
      expect({ path, status: options.status, text: options.text }).toEqual({ path, status: 204, text: "" });
      const trace = await send(tenant.app, { method: "TRACE", path });
      expect({ path, status: trace.status }).toEqual({ path, status: 404 });
      expect(refused(trace, 404)).toBeNull();
    }
    expect(await tenant.fingerprint()).toBe(before);
  });
});

describe("a download link that is none", () => {
  test("is refused, with any value", async () => {
    const tokens = ["x", "a.b", "%00", "%zz", "e30.e30", "%E4%BE%8B.x", "x".repeat(10_000)];
    const cases = tokens.map((token) => ({
      name: token,
      request: { method: "GET", path: `/v0/files/${token}`, key: null },
    }));
    const wrong = await judgeAll(tenant.app, cases, (answer) => refused(answer, 403));
    expect(wrong).toEqual([]);
  });
});
