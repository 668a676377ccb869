/** What the matrices know of a noun: one file a noun, which index.ts finds. */
import type { AgentMailClient } from "agentmail";
import type { Permission } from "../../src/domain/door/access/index.ts";
import type { BadValue, FieldKind } from "../bad-input/field-kinds.ts";
import type { Nylas } from "../support/nylas.ts";

/** Ids of a tenant's things, by path parameter. */
export type Things = Readonly<Record<string, string>>;

/** @throws when no noun brings a thing of that name */
export function thing(things: Things, parameter: string): string {
  const id = things[parameter];
  if (id === undefined) throw new Error(`no noun of test/nouns furnishes a ${parameter}`);
  return id;
}

export interface Furnishing {
  readonly client: AgentMailClient;
  readonly nylas: Nylas;
  /** For what no client has a method for. */
  readonly request: (method: string, path: string, body: unknown) => Promise<{ readonly text: string }>;
  /** Of the tenant; unique, and fit for a username and a part of a domain. */
  readonly name: string;
  /** What the nouns before this one brought: at least what it `uses`. */
  readonly things: Things;
}

export interface RouteCase {
  /** A whole body that the route accepts, for these things. Absent: the route takes none. */
  readonly body?: (things: Things) => Readonly<Record<string, unknown>>;
  /** Body for things that are foreign, where it is not `body`: one that its schema takes, so that only the scope can refuse it. */
  readonly foreign?: (victim: Things) => Readonly<Record<string, unknown>>;
  /** Kind of every field of the body, or what it may not be. */
  readonly fields?: Readonly<Record<string, FieldKind | readonly BadValue[]>>;
  /** Without a body: "accepted", or the field that is then missed; null: one of several is, so `errors` points at none. */
  readonly empty?: "accepted" | string | null;
  /** A second call within a minute is answered with 429. */
  readonly isOncePerMinute?: boolean;
  /** Status of what is right, where the tenants of the matrices may not do it. */
  readonly answered?: number;
  /** Makes the thing that its path names anew: of a route that the thing is gone after. */
  readonly fresh?: (client: AgentMailClient, things: Things) => Promise<Things>;
  /** Fields that it does not know are refused, not ignored. */
  readonly refusesUnknownFields?: boolean;
  /** For each permission that only some inputs need: bodies that need it, each in another way. */
  readonly needing?: Partial<Readonly<Record<Permission, readonly ((own: Things) => unknown)[]>>>;
}

export interface TestNoun {
  /** Name of the dialect whose routes these are. A noun of two dialects is registered in each. */
  readonly dialect: "v0" | "v3";
  /** Tables that a change of the noun's things would show in. */
  readonly tables: readonly string[];
  /** For each path parameter that the noun brings, an id that does not exist. */
  readonly absent: Things;
  /** Path parameters that choose from a closed list and name nobody's thing, each with a choice. */
  readonly choices?: Readonly<Record<string, string>>;
  /** Path parameters of which what is no id may be answered with 400, as the vendor's routes declare it. */
  readonly refusesMalformed?: readonly string[];
  /** Path parameters by which nothing is looked up. */
  readonly namesNothing?: readonly string[];
  /** Of path parameters that take several names of a thing: the tenant's things that they find as well. */
  readonly aliases?: Readonly<Record<string, readonly string[]>>;
  /** What `furnish` uses of other nouns, by path parameter; absent: the tenant's inbox. */
  readonly uses?: readonly string[];
  /** Makes one of it for a tenant. @returns its ids by path parameter, or another name where a tenant has two */
  readonly furnish?: (furnishing: Furnishing) => Promise<Things>;
  /** Which of a tenant's things the parameter of a path names, where it is not the one of its own name. */
  readonly named?: (path: string, parameter: string) => string | null;
  /** Query that a GET must have, by how its path ends. */
  readonly queries?: Readonly<Record<string, string>>;
  /** By the route's name; in v0 without `pods.` or `inboxes.` before a resource that is mounted at several scopes. */
  readonly routes: Readonly<Record<string, RouteCase>>;
}
