/** What docs/compatibility.md says of Nylas's clients: every method of the published one, the route it calls, and what becomes of it. */
import type { FixedRoute, UnbuiltRoute } from "../dialect/dialect.ts";

type Place = Pick<UnbuiltRoute, "method" | "path">;

/** One method of the client. */
export interface ClientMethod {
  /** As written behind `nylas.`, such as `applications.redirectUris.list`. */
  readonly name: string;
  /** Such as `GET /v3/grants/{grantId}`. */
  readonly route: string;
}

/** Depth of resources in resources; the client has two. */
const MAX_DEPTH = 3;

/** How the client's base class calls each HTTP method. */
const verbs: Readonly<Record<string, string>> = {
  _list: "GET",
  _find: "GET",
  _getRaw: "GET",
  _create: "POST",
  _update: "PUT",
  _updatePatch: "PATCH",
  _destroy: "DELETE",
};

/** What the routes do not say. */
const differences = [
  "An account has no calendar: the list of them is empty, and nothing else of calendars and events is there.",
  "Managed domains take an API key in `Authorization`; the signature of a service account is not checked, and does not do instead of one. The clients insist on its four headers and leave `Authorization` out, so give both as header overrides.",
  "`verify` of a domain looks all of its records up, and answers with the kind that was asked about.",
  "There is one connector, `nylas`, which is always there: to create it again is answered 200 with the one that there is.",
  "Redirect URIs, branding and settings of hosted authentication are kept and given back. There is no page to sign in.",
  "`options.use_cidr_aliasing` of a policy is kept and has no effect.",
  "Node's client turns keys of `metadata` in answers into camelCase; plain words in lower case survive.",
  "Python's client raises at webhook triggers that its list lacks, such as `message.delivered`.",
  "Tracking of opens and links, and templates, are not there.",
] as const;

/**
 * @param client an instance of the official client; nothing is called
 * @param version the version of its package
 */
export function v3Compatibility(
  client: object,
  version: string,
  surface: {
    readonly routes: readonly Place[];
    readonly unbuilt: readonly UnbuiltRoute[];
    readonly fixed: readonly FixedRoute[];
  },
): string {
  const states = new Map<string, string>([
    ...surface.fixed.map((one): [string, string] => [keyOf(one), fixedState(one)]),
    ...surface.unbuilt.map((one): [string, string] => [keyOf(one), `not yet. ${one.hint}`]),
    ...surface.routes.map((one): [string, string] => [keyOf(one), "works"]),
  ]);
  const methods = methodsOf(client).toSorted((one, other) => one.name.localeCompare(other.name));
  const stateOf = ({ route }: ClientMethod): string => states.get(comparable(route)) ?? "not there";
  const works = methods.filter((method) => stateOf(method) === "works").length;
  const rows = methods.map((method) => `| \`${method.name}\` | \`${method.route}\` | ${stateOf(method)} |`);
  return `# What works with Nylas's clients

Each method of the official \`nylas\` client ${version} for Node that makes a request: ${works} of ${methods.length} work. The others are answered in
the form of the client's own errors: 501 for what this version does not have yet, with what to do meanwhile, and 400 or 404 for what
agent accounts do not have. Python's client calls the same routes, but for \`connectors.update\`, which it sends as PATCH.

${differences.map((difference) => `- ${difference}`).join("\n")}

| Node | route | |
|---|---|---|
${rows.join("\n")}
`;
}

/** One with a single answer: its status and its sentence. */
function fixedState({ answer, path }: FixedRoute): string {
  const { status, body } = answer({ requestId: "", path });
  // Cast: the two shapes of this dialect's errors.
  const { message } = body["error"] as { readonly message?: string };
  return `${status}: ${message ?? String(body["error_description"])}`;
}

const keyOf = ({ method, path }: Place): string => comparable(`${method.toUpperCase()} ${path}`);

/** Parameters have other names here and there. */
const comparable = (route: string): string => route.replaceAll(/\{\w+\}/g, "{}");

/** Methods of a client and of its resources whose text says which request they make. */
export function methodsOf(client: object, prefix = "", depth = MAX_DEPTH): ClientMethod[] {
  const resources = Object.entries(client).filter(
    ([name, member]) => name !== "apiClient" && typeof member === "object" && member !== null,
  );
  const below =
    depth === 0
      ? []
      : resources.flatMap(([name, member]) => methodsOf(member, `${prefix}${name}.`, depth - 1));
  return prefix === "" ? below : [...ownMethods(client, prefix), ...below];
}

function ownMethods(resource: object, prefix: string): ClientMethod[] {
  const type: unknown = Object.getPrototypeOf(resource);
  if (typeof type !== "object" || type === null || type === Object.prototype) return [];
  // Cast: a class's members are read by the names that it has itself.
  const members = type as Readonly<Record<string, unknown>>;
  return Object.getOwnPropertyNames(type)
    .filter((name) => name !== "constructor" && !name.startsWith("_"))
    .flatMap((name) => {
      const route = routeOf(String(members[name]));
      return route === null ? [] : [{ name: `${prefix}${name}`, route }];
    });
}

/** Null for what builds a URL, or calls another method. */
function routeOf(text: string): string | null {
  const path = /['"`](\/v3\/[^'"`?]+)/.exec(text)?.[1];
  const verb =
    /method: ['"](\w+)['"]/.exec(text)?.[1] ?? verbs[/(?:super|this)\.(_\w+)\(/.exec(text)?.[1] ?? ""];
  if (path === undefined) return null;
  return `${verb ?? "GET"} ${path}`;
}
