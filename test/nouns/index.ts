/** Every noun of this folder, found by reading it, in an order in which each comes behind those whose things it uses. */
import { readdirSync } from "node:fs";
import type { Route } from "../../src/transport/http/dialect/route.ts";
import type { TestApp } from "../support/test-app.ts";
import type { RouteCase, TestNoun, Things } from "./noun.ts";
import { thing } from "./noun.ts";

const files = readdirSync(import.meta.dirname)
  .filter((name) => !["index.ts", "noun.ts"].includes(name))
  .sort();
const nouns = inOrder((await Promise.all(files.map(nounsOf))).flat());

/** What a file exports as nouns; another export of it is what a single test asks for. */
async function nounsOf(file: string): Promise<TestNoun[]> {
  const exported: Readonly<Record<string, unknown>> = await import(new URL(file, import.meta.url).href);
  const found = Object.values(exported).filter(isNoun);
  if (found.length === 0) throw new Error(`test/nouns/${file} exports no noun`);
  return found;
}

function isNoun(value: unknown): value is TestNoun {
  return typeof value === "object" && value !== null && "dialect" in value && "routes" in value;
}

/** @throws Error when nouns wait for each other's things, or for some that no noun brings */
function inOrder(all: readonly TestNoun[]): TestNoun[] {
  const waiting = new Set(all);
  const ordered: TestNoun[] = [];
  const isThere = (name: string): boolean => ordered.some(({ absent }) => name in absent);
  while (waiting.size > 0) {
    const next = [...waiting].find(({ uses = ["inbox_id"] }) => uses.every(isThere));
    if (next === undefined) throw new Error(`no noun brings what these use: ${[...waiting].map(namesOf)}`);
    waiting.delete(next);
    ordered.push(next);
  }
  return ordered;
}

const namesOf = ({ routes }: TestNoun): string => Object.keys(routes).join(", ");

/** `pods.inboxes.get` and `inboxes.apiKeys.list` -> the resource and its verb. */
export const resourceOf = (name: string): string => name.split(".").slice(-2).join(".");

/** A route as far as the matrices look it up. */
type Named = Pick<Route, "path" | "name">;

/** Dialect, resource and verb, such as `v0 inboxes.get`. */
export const caseNameOf = ({ path, name }: Named): string => `${path.split("/")[1]} ${resourceOf(name)}`;

/** By dialect, resource and verb. */
export const routeCases: Readonly<Record<string, RouteCase>> = Object.fromEntries(
  nouns.flatMap(({ dialect, routes }) =>
    Object.entries(routes).map(([name, route]) => [`${dialect} ${name}`, route]),
  ),
);

/** What the matrices know of a route. */
export const routeCaseOf = (route: Named): RouteCase => routeCases[caseNameOf(route)] ?? {};

const choices: Things = Object.assign({}, ...nouns.map((noun) => noun.choices ?? {}));

const queries: Readonly<Record<string, string>> = Object.assign(
  {},
  ...nouns.map((noun) => noun.queries ?? {}),
);

/** The query that a path must have; null when it needs none. */
export const queryOf = (path: string): string | null =>
  Object.entries(queries).find(([end]) => path.endsWith(end))?.[1] ?? null;

const withQuery = (path: string): string => {
  const query = queryOf(path);
  return query === null ? path : `${path}?${query}`;
};

/** The path with every parameter that is a mere choice filled in: those left name somebody's things. With the query that it must have. */
export const withChoices = (path: string): string =>
  withQuery(path.replaceAll(/\{(\w+)\}/g, (parameter, name: string) => choices[name] ?? parameter));

/** Path parameters of which what is no id may be answered with 400. */
export const refusesMalformed: ReadonlySet<string> = new Set(
  nouns.flatMap((noun) => noun.refusesMalformed ?? []),
);

/** Path parameters by which nothing is looked up: whatever they say, the answer is the same. */
export const namesNothing: ReadonlySet<string> = new Set(nouns.flatMap((noun) => noun.namesNothing ?? []));

const aliases: Readonly<Record<string, readonly string[]>> = Object.assign(
  {},
  ...nouns.map((noun) => noun.aliases ?? {}),
);

/** Names of the tenant's things that a parameter finds besides the one of its own name. */
export const aliasesOf = (parameter: string): readonly string[] => aliases[parameter] ?? [];

/** Ids that do not exist. */
export const absentThings: Things = Object.assign({}, ...nouns.map(({ absent }) => absent));

/** Tables that a change of any tenant's things shows in. */
export const tablesOfThings: readonly string[] = nouns.flatMap(({ tables }) => tables);

/**
 * A tenant with one of everything.
 * @param name unique; fit for a username and a part of a domain
 * @param given things that it already has, such as its pod
 */
export async function furnish(
  app: TestApp,
  name: string,
  rootKey: string = app.rootKey,
  given: Things = {},
): Promise<Things> {
  const clients = {
    client: app.client(rootKey),
    nylas: app.nylas(rootKey),
    request: (method: string, path: string, body: unknown) =>
      app.request(method, path, { key: rootKey, body }),
  };
  let things = given;
  for (const noun of nouns) things = { ...things, ...(await noun.furnish?.({ ...clients, name, things })) };
  return things;
}

/** The tenant's thing that a parameter of the path can name. */
export function thingAt(path: string, parameter: string, things: Things): string {
  const other = nouns.map(({ named }) => named?.(path, parameter) ?? null).find((name) => name !== null);
  return choices[parameter] ?? thing(things, other ?? parameter);
}

/** The path to a tenant's own things, each percent-encoded, with the query that it must have. */
export const pathTo = (path: string, things: Things): string => withQuery(barePathTo(path, things));

/** The same without that query. */
export const barePathTo = (path: string, things: Things): string =>
  path.replaceAll(/\{(\w+)\}/g, (_match, name: string) => encodeURIComponent(thingAt(path, name, things)));
