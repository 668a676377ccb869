/** Who may see all tenants, and who may act as the system in one. */
import type { Module } from "../support/source-tree.ts";
import { productModules, type Rule } from "./rule.ts";

const law = "ARCHITECTURE.md#the-door";
const access = "src/domain/door/access/";

/** Outside of access, which makes it: the files that hold the scope of all tenants, and why an actor of one will not do. */
export const holdersOfSystemScope: Readonly<Record<string, string>> = {
  "src/domain/transit/arrivals/receive.ts":
    "a group commit stores mail for several pods at once, and a recipient's address is looked up before any tenant is known",
  "src/domain/transit/arrivals/postmaster.ts":
    "whether a domain is hosted here is asked before any tenant is known",
  "src/domain/transit/deliveries/due.ts": "whose copies are due is asked before any pod is known",
  "src/domain/transit/outbound/due.ts":
    "who has mail for other servers is asked before any pod is known, and leases of several pods are prolonged at once",
  "src/domain/transit/feedback/returns.ts":
    "whose delivery a return path names is looked up before any tenant is known",
  "src/domain/notify/webhooks/delivery.ts":
    "attempts are rows that no request may write, and an endpoint of the organization receives a pod's events",
  "src/domain/notify/feed/feed.ts":
    "one reader follows the events of all tenants for all sockets of a process; who is told of which is judged for each by its key",
  "src/domain/notify/polling/consumers.ts":
    "whose token a consumer has is looked up before any tenant is known",
  "src/domain/mail/search/index-turn.ts":
    "mail of several pods is indexed in one transaction, and no request may write the index",
  "src/domain/mail/blobs/extract.ts":
    "texts of documents are rows that no request may read, as little as the bytes that they are of",
  "src/domain/mail/blobs/sweep.ts": "bytes are deleted, which the role of requests may not do",
  "src/domain/tenancy/inboxes/sign-in.ts":
    "who signs in by address and password is looked up before any tenant is known",
  "src/domain/tenancy/sign-ups/newcomers.ts":
    "an agent that signs up has no key: whose organization its human has, and how many sign up from its network, is asked of all",
  "src/domain/tenancy/pods/erase-turn.ts":
    "closed pods of every organization are deleted, with events and bytes, which no request may delete",
  "src/domain/tenancy/inboxes/add-words.ts":
    "inboxes of every pod that a version before this one made are given what this one finds them by",
  "src/domain/tenancy/inboxes/rank.ts":
    "inboxes of all pods of an organization are counted, in tables that no request may read",
  "src/domain/fleet/queues/depths.ts":
    "what waits is counted over all tenants, in rows of theirs that no request may read",
  "src/domain/transit/metrics/count.ts":
    "events and mail of all pods of an organization are counted, in tables that no request may write",
  "src/domain/fleet/retention/prune.ts":
    "old rows of every pod are deleted, and events and audit are rows that no request may delete",
  "src/domain/fleet/installation/prepare.ts": "there is no organization yet to be narrowed to",
  "src/domain/fleet/installation/inspect.ts": "the installation's own row belongs to no tenant",
  "src/domain/fleet/installation/keys.ts": "an operator at the database has no key to act under",
  "src/domain/fleet/installation/reset-seal.ts": "the seal key is that of all tenants",
};

/** Line of an import through which the file can use the name; null when it has none. */
function lineOf({ imports }: Module, wanted: string): number | null {
  const found = imports.find(({ target, names }) =>
    names.some(
      ({ name, typeOnly }) => !typeOnly && (name === wanted || (name === "*" && target.startsWith(access))),
    ),
  );
  return found?.line ?? null;
}

const allTenants: Rule = {
  guarantee: "only access and the files listed with a reason hold the scope that sees all tenants",
  law,
  find: (tree) =>
    productModules(tree).flatMap((module) => {
      const { path } = module;
      if (path.startsWith(access)) return [];
      const line = lineOf(module, "systemScope");
      const isListed = path in holdersOfSystemScope;
      if (isListed && line === null)
        return [
          { path, says: "is listed as a holder of systemScope and does not use it: take it off the list" },
        ];
      if (isListed || line === null) return [];
      return [
        { path, line, says: "can take systemScope: run an operation as a systemActor of one pod or inbox" },
      ];
    }),
};

const transportsHaveCallers: Rule = {
  guarantee: "no transport acts as the system",
  law,
  find: (tree) =>
    productModules(tree)
      .filter(({ path }) => path.startsWith("src/transport/"))
      .flatMap((module) => {
        const line = ["systemActor", "systemActorAcrossPods", "systemActorAround"]
          .map((name) => lineOf(module, name))
          .find((found) => found !== null);
        return line === undefined
          ? []
          : [{ path: module.path, line, says: "can take systemActor: a transport acts for its caller" }];
      }),
};

export const scopeRules: readonly Rule[] = [allTenants, transportsHaveCallers];
