/** Every query field of every route x everything it cannot be: refused at the field (contract 3.2, 4). */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Route } from "../../src/transport/http/dialect/route.ts";
import { v0Routes } from "../../src/transport/http/v0/index.ts";
import { v3Routes } from "../../src/transport/http/v3/index.ts";
import { allRoutes } from "../dialects/index.ts";
import { barePathTo, queryOf } from "../nouns/index.ts";
import { thing } from "../nouns/noun.ts";
import { judgeAll, type RawRequest, send } from "./raw-request.ts";
import { pointsAt, refusedAt } from "./refusal.ts";
import { openTenant, type Tenant } from "./tenant.ts";
import { queryFields } from "./wrong-types.ts";

let tenant: Tenant;
beforeAll(async () => {
  tenant = await openTenant();
});
afterAll(async () => tenant.stop());

const encode = encodeURIComponent;
const token = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const moment = "2026-01-01T00:00:00.000Z";
const id = "0190a000-0000-7000-8000-00000000dead";

const notNumbers = [
  "",
  "%20",
  "0",
  "-1",
  "1.5",
  "abc",
  "true",
  "1e400",
  "NaN",
  "9007199254740993",
  "1%00",
  "[1]",
  "%EF%BC%91",
];
const notFlags = ["", "maybe", "2", "null", "true%00", "%FF"];
const notMoments = [
  ...["", "yesterday", "0", "1700000000", "2026-01-01", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z"],
  ...["2026-01-01T00:00:00", "2026-01-01T25:00:00Z", "2026-01-01T00:00:00Z%00", "2026-01-01T00:00:00+01:00"],
];
const notTokens = [
  ...["", "!!!", "a=b", "%00", "a%20b", "%E4%BE%8B", "x".repeat(8000)],
  ...["x", {}, [], null, 5, "text", ["messages"], [moment, id], ["messages", "yesterday", id]].map(token),
  ...[
    ["nothing", moment, id],
    ["messages", moment, "no uuid"],
    ["messages", moment, id, 1],
  ].map(token),
];
const notTexts = [
  "a%00b",
  encode('["a\\u0000"]'),
  encode('["cut \\ud83d"]'),
  encode("[1]"),
  encode("[null]"),
  encode('[["a"]]'),
  encode(JSON.stringify(Array(101).fill("a"))),
];

const notSeconds = ["", "%20", "yesterday", "-1", "1.5", "1e400", "NaN", moment, "253402300800", "1%00"];
const notChoices = ["", "none", "created_at%00", "VALID"];

/** Ten kilobytes, as they stand in a URL, of words, of one word and of operators; characters that no text may have, and half characters. */
const oddQueries = [
  ...["word ", "word OR ", '"', "- ", "OR ", "-", "(!&|*", "* ", "\u6771", "<-> ", ":* "]
    .map(encode)
    .map((unit) => unit.repeat(10_240 / unit.length)),
  encode("x".repeat(10_240)),
  ...[
    "%20",
    "%00",
    "a%00b",
    "%22%00",
    "%ED%A0%80",
    "%ED%B0%80a",
    "%F0%9F",
    "a%ED%A0%80*",
    "%EF%BF%BD",
    "%zz",
  ],
  ...[
    "-",
    "OR",
    "AND",
    "OR%20OR",
    "%22",
    "%22%22",
    "*",
    "-*",
    "%3A*",
    "()",
    "%5C",
    "'",
    "%E2%80%AE",
    "%F0%9F%92%A9",
  ],
];

/** A refusal names what is possible, and does not give back what was sent. */
const long = "x".repeat(10_000);

/** What no inbox is found by, and no error. */
const oddInboxQueries = ["a%00b", "%00%00", "%ED%A0%80", "--", "OR", "%22%22", "%25_", "%5C%5C"];

/** By the field's name, behind that of the route where it is another field there. A field that is not here fails. */
const wrong: Readonly<Record<string, readonly string[]>> = {
  limit: notNumbers,
  page_token: notTokens,
  path_prefix: ["a%00b", "/a", "a//b", "../b", "a%0Ab", "%C2%85", "x".repeat(1025)],
  ascending: notFlags,
  permanent: notFlags,
  offset: notNumbers.filter((value) => value !== "0"),
  email: ["", "a%00b", "nobody", "@host.test", "a@", "a@b@c", "a@host.test,b@host.test"],
  all_provider_types: notFlags,
  before: notMoments,
  after: notMoments,
  include_spam: notFlags,
  include_blocked: notFlags,
  include_unauthenticated: notFlags,
  include_trash: notFlags,
  type: ["", "Bearer", "x", "bearer%00"],
  labels: notTexts,
  from: notTexts,
  to: notTexts,
  subject: notTexts,
  senders: notTexts,
  recipients: notTexts,
  since: notSeconds,
  "grants.list before": notSeconds,
  "grants.list email": ["a%00b"],
  provider: ["a%00b"],
  ip: ["a%00b"],
  account_id: ["a%00b"],
  account_ids: ["a%00b"],
  workspace_id: ["a%00b"],
  sort_by: notChoices,
  order_by: notChoices,
  grant_status: notChoices,
  state: [...notTexts, "none", "sent,none", long],
  domain: ["a%00b"],
  rate_types: [...notTexts, "opens", long],
  event_types: [...notTexts, "message.opened", "message.sent,sent", long],
  ...Object.fromEntries(
    ["", "pods.", "inboxes."].map((at) => [
      `${at}webhooks.listEvents event_types`,
      [...notTexts, "message.read", "message.sent,sent", long],
    ]),
  ),
  usage_types: [...notTexts, "bytes", long],
  start: notMoments,
  end: notMoments,
  period: [...notNumbers, "86401"],
  plan_id: ["plan", "1", "0190a000-0000-7000-8000"],
  window: [...notNumbers, "3599", "5400", "2592001"],
  descending: notFlags,
  category: ["a%00b"],
  "apps.search q": ["a%00b"],
  "providers.search q": ["a%00b"],
  q: [""],
  "inboxes.search q": ["", "a", "a".repeat(257)],
  "pods.inboxes.search q": ["", "a", "a".repeat(257)],
  sort: notChoices,
};
/** Repeating one of these makes a longer list; of the others, it is unclear which one is meant. */
const lists = new Set([
  ...["labels", "from", "to", "subject", "senders", "recipients", "state"],
  ...["rate_types", "event_types", "usage_types"],
]);
const good: Readonly<Record<string, string>> = {
  limit: "5",
  page_token: token(["x"]),
  type: "bearer",
  before: moment,
  after: moment,
  email: "a@host.test",
};

/** Fields that a route must have. */
const needed: Readonly<Record<string, readonly string[]>> = {
  "/v3/providers/detect": ["email=a@host.test"],
};

/** Under which name the tables have a field of the route. */
const nameIn = ({ name }: Route, field: string): string =>
  `${name} ${field}` in wrong ? `${name} ${field}` : field;

interface Case {
  readonly name: string;
  readonly request: RawRequest;
  readonly field: string;
}

function caseOf(route: Route, field: string, query: string): Case {
  // A field that the route must have, beside the one that is wrong.
  const whole = needed[route.path] ?? [queryOf(route.path)].filter((one) => one !== null);
  const rest = whole.filter((one) => !query.startsWith(`${one.split("=")[0]}=`));
  const path = `${barePathTo(route.path, tenant.things)}?${[query, ...rest].join("&")}`;
  const request = { method: route.method.toUpperCase(), path };
  return { name: `${route.name} ?${query.slice(0, 80)}`, request, field };
}

function casesOf(route: Route): Case[] {
  return Object.keys(queryFields(route.path, route.method)).flatMap((field) => {
    const once = good[field] ?? "true";
    const again = lists.has(field)
      ? Array(101).fill(`${field}=a`).join("&")
      : `${field}=${once}&${field}=${once}`;
    return [...(wrong[nameIn(route, field)] ?? []).map((value) => `${field}=${value}`), again].map((query) =>
      caseOf(route, field, query),
    );
  });
}

describe("a query field", () => {
  const queried = allRoutes.filter((route) => Object.keys(queryFields(route.path, route.method)).length > 0);

  test("of any route is in the table", () => {
    const fields = queried.flatMap((route) =>
      Object.keys(queryFields(route.path, route.method)).map((field) => nameIn(route, field)),
    );
    expect([...new Set(fields)].toSorted()).toEqual(Object.keys(wrong).toSorted());
  });

  test("with what it cannot be, or given twice, is refused at the field, and nothing changes", async () => {
    const cases = queried.flatMap(casesOf);
    const before = await tenant.fingerprint();
    const found = await judgeAll(tenant.app, cases, (answer, { field }) => {
      const first = pointsAt(answer);
      // An item of a list is wrong at its place; which one is for the list's own reader to say.
      const at = lists.has(field) && first[0] === field ? (first as (string | number)[]) : [field];
      return refusedAt(answer, 400, at);
    });
    expect(found, `${found.length} of ${cases.length} cases:\n${found.join("\n")}\n`).toEqual([]);
    expect(await tenant.fingerprint()).toBe(before);
  });

  test("with an odd but valid value is accepted, and an unknown field is ignored", async () => {
    const odd: Readonly<Record<string, readonly string[]>> = {
      limit: ["1", "1e9", "%201", "1000000000", "007"],
      ascending: ["true", "TRUE", "1", "Yes", "off"],
      before: [
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-23:59",
        "0000-01-01T00:00:00%2B23:59",
      ],
      after: ["2026-01-01T00:00:00.123456%2B02:00", "9999-12-31T23:59:59-23:59"],
      include_spam: ["enabled", "n"],
      // No search is an error: what has no word finds nothing.
      q: oddQueries,
      "inboxes.search q": oddInboxQueries,
      "pods.inboxes.search q": oddInboxQueries,
      labels: [
        "",
        ",",
        "%20",
        "[",
        encode('["a"'),
        encode("[]"),
        encode('"a"'),
        "%E4%BE%8B",
        "%25_%5C",
        "a".repeat(5000),
      ],
      subject: ["", "%25", "%5C", "_", encode("[x"), "%zz", "a".repeat(5000), "('", encode('["a","b"]')],
    };
    const cases = queried.flatMap((route) => {
      const fields = queryFields(route.path, route.method);
      const plural = /messages$|threads\/\{/.test(route.path) ? "messages" : route.path.split("/").at(-1);
      return (
        Object.keys(fields)
          .flatMap((field) => (odd[nameIn(route, field)] ?? []).map((value) => [field, value] as const))
          // Of a thread's messages, which come with their bodies, and of a search what is too many is refused and not lowered.
          .filter(
            ([field, value]) =>
              field !== "limit" || !["messages", "search"].includes(plural ?? "") || Number(value) < 100,
          )
          .map(([field, value]) => caseOf(route, field, `${field}=${value}&x=%00&limits=-1&__proto__=1`))
      );
    });
    const found = await judgeAll(tenant.app, cases, ({ status }) =>
      status === 200 ? null : "should be answered 200",
    );
    expect(found, `${found.length} of ${cases.length} cases:\n${found.join("\n")}\n`).toEqual([]);
  });
});

describe("a page_token", () => {
  test("of another list, or cut short, is refused; its own goes on", async () => {
    const { app, things } = tenant;
    for (const name of ["two", "three"])
      await app.client().pods.inboxes.create(thing(things, "pod_id"), { username: name });
    const first = await send(app, { method: "GET", path: "/v0/inboxes?limit=1" });
    const next = String(first.body["next_page_token"]);
    const own = await send(app, { method: "GET", path: `/v0/inboxes?limit=2&page_token=${next}` });
    expect({ status: own.status, count: own.body["count"] }).toEqual({ status: 200, count: 2 });
    const others = v0Routes.filter(
      (route) => queryFields(route.path, route.method)["page_token"] !== undefined,
    );
    for (const route of others) {
      const path = barePathTo(route.path, things);
      const needs = queryOf(route.path);
      const rest = needs === null ? "" : `&${needs}`;
      const whole = await send(app, { method: "GET", path: `${path}?page_token=${next}${rest}` });
      if (route.path !== "/v0/inboxes") expect(refusedAt(whole, 400, ["page_token"]), route.name).toBeNull();
      const cut = await send(app, { method: "GET", path: `${path}?page_token=${next.slice(0, -4)}${rest}` });
      expect(refusedAt(cut, 400, ["page_token"]), route.name).toBeNull();
    }
  });

  test("of another inbox, with other filters or for another key's scope, is refused; of the same list it goes on", async () => {
    const { app, things } = tenant;
    const client = app.client();
    const [mine, other] = await Promise.all([client.inboxes.create({}), client.inboxes.create({})]);
    for (const subject of ["one", "two", "three"])
      await client.inboxes.messages.send(mine.inboxId, { to: mine.inboxId, subject, labels: ["a", "b"] });
    const get = (path: string, key?: string) =>
      send(app, { method: "GET", path, ...(key !== undefined && { key }) });
    const list = `/v0/inboxes/${mine.inboxId}/messages?limit=1`;
    const next = (await get(list)).body["next_page_token"];
    for (const same of [
      list,
      list.replace("limit=1", "limit=2"),
      list.replace(mine.inboxId, mine.inboxId.toUpperCase()),
    ])
      expect((await get(`${same}&page_token=${next}`)).status, same).toBe(200);
    for (const another of [
      list.replace(mine.inboxId, other.inboxId),
      ...["labels=a", "ascending=true", "include_spam=true", `before=${moment}`, "subject=o"].map(
        (filter) => `${list}&${filter}`,
      ),
    ])
      expect(refusedAt(await get(`${another}&page_token=${next}`), 400, ["page_token"]), another).toBeNull();

    const labelled = (await get(`${list}&labels=a,b`)).body["next_page_token"];
    expect((await get(`${list}&labels=${encode('["a", "b"]')}&page_token=${labelled}`)).status).toBe(200);

    const threads = (await get("/v0/threads?limit=1")).body["next_page_token"];
    const { apiKey } = await client.pods.apiKeys.create(thing(things, "pod_id"), {});
    const narrowed = await get(`/v0/threads?limit=1&page_token=${threads}`, apiKey);
    expect(refusedAt(narrowed, 400, ["page_token"])).toBeNull();
  });

  test("of a place that no item can have goes on from there", async () => {
    const { app, things } = tenant;
    for (const path of ["/v0/inboxes?", `/v0/pods/${thing(things, "pod_id")}/inboxes?`, "/v0/threads?"]) {
      const first = await send(app, { method: "GET", path: `${path}limit=1` });
      const [list] = JSON.parse(Buffer.from(String(first.body["next_page_token"]), "base64url").toString());
      for (const time of ["0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]) {
        const forged = await send(app, {
          method: "GET",
          path: `${path}page_token=${token([list, time, id])}`,
        });
        expect(forged.status, `${path} ${time}`).toBe(200);
      }
    }
  });

  test("of another list of /v3, with other filters, or cut short, is refused; its own goes on", async () => {
    const { app, things } = tenant;
    const made = ["one", "two", "three"].map((name) =>
      app.request("POST", "/v3/lists", {
        body: { name, type: "domain" },
        headers: { "content-type": "application/json" },
      }),
    );
    for (const { status } of await Promise.all(made)) expect(status).toBe(201);
    const first = await send(app, { method: "GET", path: "/v3/lists?limit=1" });
    const next = String(first.body["next_cursor"]);
    const own = await send(app, { method: "GET", path: `/v3/lists?limit=1&page_token=${next}` });
    expect({ status: own.status, data: own.body["data"] }).toMatchObject({
      status: 200,
      data: { length: 1 },
    });
    const paged = v3Routes.filter(
      (route) => queryFields(route.path, route.method)["page_token"] !== undefined,
    );
    expect(paged.length).toBeGreaterThan(5);
    for (const route of paged) {
      const path = barePathTo(route.path, things);
      const needs = queryOf(route.path);
      const rest = needs === null ? "" : `&${needs}`;
      const whole = await send(app, { method: "GET", path: `${path}?page_token=${next}${rest}` });
      if (route.path !== "/v3/lists") expect(whole.status, route.name).toBe(400);
      const cut = await send(app, { method: "GET", path: `${path}?page_token=${next.slice(0, -4)}${rest}` });
      expect(cut.status, route.name).toBe(400);
    }
  });
});
