/** Calls routes of a dialect by their names, for a way in that has no paths: fields of path, query and body come together. */
import type { Actor } from "../../domain/door/access/index.ts";
import type { Door, Room } from "../../domain/door/door.ts";
import type { Pause } from "../../lib/loop-turns.ts";
import type { ApiAnswer, ToolApi } from "../mcp/index.ts";
import { type Answering, type Dialect, routesOf } from "./dialect/dialect.ts";
import { piecesOf } from "./dialect/pieces.ts";
import type { Route, RouteAnswer, RouteRequest } from "./dialect/route.ts";
import { PIECE } from "./dialect/send.ts";
import { answerTo, refuseUnprintable } from "./dialect/serve.ts";
import { writeJson } from "./dialect/wire-list.ts";
import { JSON_PIECE_BYTES } from "./limits.ts";
import { parseLongJson } from "./long-json.ts";
import type { JsonBounds } from "./parse-json.ts";

export interface CallerParts {
  readonly door: Door;
  readonly actor: Actor;
  /** Of links in answers. */
  readonly origin: string;
  readonly requestId: string;
  /** Waits between two pieces of a long answer. */
  readonly pause: Pause;
  readonly room: Room;
}

/** Routes by name. Made once: every request has a caller of its own. */
export const routesByName = (dialect: Dialect): ReadonlyMap<string, Route> =>
  new Map(routesOf(dialect).map((route) => [route.name, route]));

/** @throws what is a fault of the server; what the caller causes is an answer */
export function routeCaller(
  dialect: Dialect,
  routes: ReadonlyMap<string, Route>,
  parts: CallerParts,
): ToolApi {
  const { door, actor, requestId, pause } = parts;
  return {
    offers(name) {
      const route = routes.get(name);
      return route?.needs.every(({ permission, says }) => says !== null || actor.may(permission)) ?? false;
    },
    async call(name, fields) {
      const route = routes.get(name);
      if (route === undefined) return notHere(name);
      const answering: Answering = { requestId, path: route.path, fields: route.fields };
      try {
        const request = { ...requestOf(route, fields, parts.origin), room: parts.room };
        refuseUnprintable(request.params);
        const answer = await route.handle(door, actor, dialect.target(request.params), request);
        return { isDone: true, ...(await bodyOf(answer, pause)) };
      } catch (error) {
        const known = answerTo(dialect, error, answering);
        if (known === null) throw error;
        return { isDone: false, status: known.status, error: known.body };
      }
    },
  };
}

const notHere = (name: string): ApiAnswer => ({
  isDone: false,
  status: 501,
  error: {
    code: "not_implemented",
    message: "This version of the server does not have that",
    fix: `Do without it (${name}), or ask the server's operator for a newer version.`,
  },
});

/** Fields that the path names lie there; the others are the body where the route takes one, and the query where it takes none. */
function requestOf(
  { path, body }: Route,
  fields: Readonly<Record<string, unknown>>,
  origin: string,
): RouteRequest {
  const isInPath = (name: string): boolean => path.includes(`{${name}}`);
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  const rest = entries.filter(([name]) => !isInPath(name));
  return {
    params: Object.fromEntries(
      entries.flatMap(([name, value]) => (isInPath(name) ? [[name, String(value)]] : [])),
    ),
    query:
      body === undefined ? Object.fromEntries(rest.map(([name, value]) => [name, [queryText(value)]])) : {},
    body: { json: body === undefined ? {} : Object.fromEntries(rest) },
    header: () => undefined,
    network: null,
    origin,
  };
}

/** A list as JSON: at commas it is not split then. */
const queryText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** What we write ourselves is as large as it is. */
const OWN_JSON: JsonBounds = { entries: Number.POSITIVE_INFINITY, values: Number.POSITIVE_INFINITY };

/** As it would be read from the wire. */
async function bodyOf(answer: RouteAnswer, pause: Pause): Promise<{ readonly body?: unknown }> {
  if (!("body" in answer) || answer.body === undefined) return {};
  const written = Buffer.concat(piecesOf(await writeJson(answer.body, PIECE, pause)));
  return { body: await parseLongJson(written, OWN_JSON, { bytes: JSON_PIECE_BYTES, pause }) };
}
