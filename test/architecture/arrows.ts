/** Who may import whom. The layers point one way: ways in -> domain -> storage; ways out, protocols and lib import only themselves. */
import type { Import, Module, Tree } from "../support/source-tree.ts";
import { isTest, productModules, type Rule, type Violation } from "./rule.ts";

const law = "ARCHITECTURE.md#arrows";

type Layer =
  | "entry"
  | "setup"
  | "cli"
  | "transport"
  | "workers"
  | "domain"
  | "store"
  | "storage"
  | "egress"
  | "mime-pool"
  | "protocols"
  | "lib";

/** Files of `src/` itself. Entries compose, so they may import anything; setup is read by entries and the CLI alone. */
const entries = new Set(["src/main.ts", "src/app.ts", "src/installation.ts", "src/generate.ts"]);
const setup = new Set(
  [
    "config",
    "inbound-settings",
    "key-files",
    "limit-settings",
    "outbound-settings",
    "port-settings",
    "retention-settings",
    "setting-schemas",
    "start-error",
    "start-refusals",
    "tls-certificate",
    "version",
  ].map((name) => `src/${name}.ts`),
);
const folders = [
  "cli",
  "transport",
  "workers",
  "domain",
  "storage",
  "egress",
  "mime-pool",
  "protocols",
  "lib",
] as const;
/** What looks at a domain from where the command runs, and what it asks with. */
const examining = /^src\/cli\/domains\/(doctor|probe|validators)\.ts$/;
const examined = /^src\/egress\/(dns\/(resolver|validated-look-up)|smtp\/dane)\.ts$/;
/** Commands that run a Rookery in their own process; all others are clients of one over HTTP. */
const composing = /^src\/cli\/commands\/(serve|migrate|config|doctor|demo|keys|reset-seal-key)\.ts$/;

const keyset = "src/domain/door/keyset.ts";
/** What the domain asks of the world outside, for those who do it to implement: as types, so that they know no rule. */
const port = "src/domain/door/outside.ts";
/** Scopes extend storage's own; and storage says which of its errors are unavailability, which the door translates. */
const storageValues = new Set(["src/domain/door/access/scope.ts", "src/domain/door/unavailable.ts"]);

/** All SQL of a noun, its rows as other nouns' stores read and write them, or the keyset pagination they share. */
export function isStore(path: string): boolean {
  return /^src\/domain\/.+[/-](store|rows)\.ts$/.test(path) || path === keyset;
}

/** Areas of the domain, and for each those below it, which it may import. */
const areas: Readonly<Record<string, readonly string[]>> = {
  door: [],
  mail: ["door"],
  guardrails: ["door", "mail"],
  tenancy: ["door", "mail", "guardrails"],
  transit: ["door", "mail", "tenancy", "guardrails"],
  notify: ["door", "mail", "tenancy", "guardrails", "transit"],
  fleet: ["door", "mail", "tenancy", "guardrails", "transit", "notify"],
};

/** `src/domain/mail/threads/get.ts` -> `mail`; null for what belongs to no area. */
function areaOf(path: string): string | null {
  return /^src\/domain\/([^/]+)\//.exec(path)?.[1] ?? null;
}

function layerOf(path: string): Layer | null {
  if (entries.has(path) || path.startsWith("src/composition/")) return "entry";
  if (setup.has(path)) return "setup";
  if (isStore(path)) return "store";
  return folders.find((folder) => path.startsWith(`src/${folder}/`)) ?? null;
}

/** `src/domain/tenancy/pods/create.ts` -> `tenancy/pods`; null for what lies in the door or in `src/domain` itself. */
function nounOf(path: string): string | null {
  return /^src\/domain\/([^/]+\/[^/]+)\//.exec(path)?.[1] ?? null;
}

/** `src/transport/smtp/replies.ts` -> `src/transport/smtp`. */
function folderOf(path: string): string {
  return path.split("/").slice(0, 3).join("/");
}

/** A noun's front door, its bounds, or one of the words all nouns share. Keyset pagination, which is SQL, is not one of them. */
function isDomainFrontDoor(path: string): boolean {
  return /^src\/domain\/([^/]+\/[^/]+\/(index|limits)|door\/[^/]+|limits)\.ts$/.test(path) && !isStore(path);
}

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly typeOnly: boolean;
}

const into = (to: string, ...layers: Layer[]): boolean => layers.some((layer) => layerOf(to) === layer);

/** Layer -> may this edge be there, and what a refusal says. */
const arrows: Record<Layer, { readonly may: (edge: Edge) => boolean; readonly says: string }> = {
  entry: { may: () => true, says: "may import everything" },
  setup: {
    may: ({ to }) => into(to, "setup", "lib", "protocols"),
    says: "settings may import only each other, lib and protocols",
  },
  cli: {
    may: ({ from, to }) =>
      into(to, "cli", "setup", "lib", "protocols") ||
      (["src/app.ts", "src/installation.ts", "src/composition/memory.ts"].includes(to) &&
        composing.test(from)) ||
      /^src\/storage\/(migrate\.ts$|engines\/)/.test(to) ||
      // What the world sees of a mail host is looked up where the command runs.
      (examining.test(from) && examined.test(to)),
    says: "the CLI is a client of the API: only serve, migrate, config, doctor, demo, keys and reset-seal-key may import app.ts, installation.ts and composition/memory.ts, and of storage only migrate.ts and engines/; domains/doctor.ts and its checks ask name servers, and compare a certificate with TLSA records",
  },
  transport: {
    may: ({ from, to }) =>
      into(to, "lib", "protocols") ||
      isDomainFrontDoor(to) ||
      folderOf(from) === folderOf(to) ||
      // HTTP is what MCP is spoken over.
      (folderOf(from) === "src/transport/http" && to === "src/transport/mcp/index.ts"),
    says: "a transport may import only domain front doors, protocols, lib and its own folder, and http/ the front door of mcp/",
  },
  workers: {
    may: ({ to, typeOnly }) =>
      into(to, "workers", "egress", "lib", "protocols") ||
      isDomainFrontDoor(to) ||
      /^src\/storage\/(job-runner|process-locks)\.ts$/.test(to) ||
      (to === "src/storage/db.ts" && typeOnly),
    says: "a worker may import only domain front doors, egress, protocols, lib, and of storage job-runner.ts, process-locks.ts and the types of db.ts",
  },
  domain: {
    may: ({ from, to, typeOnly }) =>
      (into(to, "domain", "store") && (to !== keyset || isStore(from))) ||
      into(to, "lib", "protocols") ||
      (into(to, "storage") && (typeOnly || storageValues.has(from))),
    says: "the domain may import only itself, protocols, lib and the types of storage; SQL and keyset.ts are for store.ts",
  },
  store: {
    may: ({ from, to, typeOnly }) =>
      (into(to, "domain") && (typeOnly || [null, "door/access", nounOf(from)].includes(nounOf(to)))) ||
      into(to, "store", "lib") ||
      (into(to, "storage") && !to.startsWith("src/storage/engines/")),
    says: "a store may import only its own noun, access, other nouns' types and rows.ts, storage (not its engines) and lib",
  },
  storage: { may: ({ to }) => into(to, "storage", "lib"), says: "storage may import only itself and lib" },
  egress: {
    may: ({ to, typeOnly }) => into(to, "egress", "protocols", "lib") || (to === port && typeOnly),
    says: "egress may import only itself, protocols, lib and the types of door/outside.ts",
  },
  "mime-pool": {
    may: ({ to }) => into(to, "mime-pool", "protocols", "lib") || isDomainFrontDoor(to),
    says: "the MIME pool may import only itself, domain front doors, protocols and lib",
  },
  protocols: {
    may: ({ to }) => into(to, "protocols"),
    says: "a protocol is a library of bytes and values: it may import only src/protocols",
  },
  lib: { may: ({ to }) => into(to, "lib"), says: "lib may import only lib" },
};

const isOurs = ({ target }: Import): boolean => /^(src|test|bench|bin)\//.test(target);

function arrowsOf(module: Module): Violation[] {
  const layer = layerOf(module.path);
  if (layer === null)
    return [
      {
        path: module.path,
        says: `is in no layer: src holds ${[...entries, ...setup].map((path) => path.slice(4)).join(", ")} and the folders ${folders.join(", ")}`,
      },
    ];
  const { may, says } = arrows[layer];
  return module.imports.filter(isOurs).flatMap(({ target, typeOnly, line }) => {
    const toProduct = target.startsWith("src/") && !isTest(target);
    if (toProduct && may({ from: module.path, to: target, typeOnly })) return [];
    return [
      {
        path: module.path,
        line,
        says: `imports ${target}: ${toProduct ? says : "the product may not import tests or benches"}`,
      },
    ];
  });
}

const pointOneWay: Rule = {
  guarantee: "imports follow the arrows",
  law,
  find: (tree) => productModules(tree).flatMap(arrowsOf),
};

const nounsUseFrontDoors: Rule = {
  guarantee: "nouns of the domain import each other only through index.ts, stores also through rows.ts",
  law,
  find: (tree) =>
    productModules(tree).flatMap(({ path, imports }) => {
      const noun = nounOf(path);
      // The door itself is built on access: it is the one that resolves and audits.
      const isDoor = /^src\/domain\/door\/[^/]+$/.test(path);
      if (!path.startsWith("src/domain/")) return [];
      return imports
        .filter(({ target }) => {
          const other = nounOf(target);
          if (other === null || other === noun || target.endsWith("/index.ts")) return false;
          if (isStore(path) && target.endsWith("/rows.ts")) return false;
          return !(isDoor && other === "door/access");
        })
        .map(({ target, line }) => ({
          path,
          line,
          says: `imports ${target}: another noun is reached only through src/domain/${nounOf(target)}/index.ts`,
        }));
    }),
};

const areasInOrder: Rule = {
  guarantee: "areas of the domain import only areas below them",
  law,
  find: (tree) =>
    productModules(tree).flatMap(({ path, imports }) => {
      if (!path.startsWith("src/domain/") || path === "src/domain/limits.ts") return [];
      const area = areaOf(path) ?? "";
      const below = areas[area];
      if (below === undefined)
        return [
          { path, says: `is in no area: src/domain holds limits.ts and ${Object.keys(areas).join(", ")}` },
        ];
      return imports
        .filter(({ target }) => {
          const other = areaOf(target);
          return other !== null && other !== area && !below.includes(other);
        })
        .map(({ target, line }) => ({
          path,
          line,
          says: `imports ${target}: ${area} may import only ${[...below, "its own area"].join(", ")}`,
        }));
    }),
};

const facadesApart: Rule = {
  guarantee: "v0 and v3 never import each other",
  law,
  find: (tree) =>
    tree.modules.flatMap(({ path, imports }) => {
      const own = /^src\/transport\/http\/(v0|v3)\//.exec(path)?.[1];
      return imports
        .filter(({ target }) => {
          const other = /^src\/transport\/http\/(v0|v3)\//.exec(target)?.[1];
          return own !== undefined && other !== undefined && own !== other;
        })
        .map(({ target, line }) => ({
          path,
          line,
          says: `imports ${target}: each facade is a contract of its own, so v0 and v3 never import each other`,
        }));
    }),
};

const dialectOf = (path: string): string | undefined => /^src\/transport\/http\/(v\d+)\//.exec(path)?.[1];

const sharedLayerKnowsNoDialect: Rule = {
  guarantee: "the shared HTTP layer imports no dialect",
  law,
  find: (tree) =>
    productModules(tree)
      .filter(({ path }) => path.startsWith("src/transport/") && dialectOf(path) === undefined)
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ target }) => dialectOf(target) !== undefined)
          .map(({ target, line }) => ({
            path,
            line,
            says: `imports ${target}: a dialect is a value that src/app.ts hands to the shared layer; ask it through dialect/dialect.ts`,
          })),
      ),
};

const domainTestsKnowNoDialect: Rule = {
  guarantee: "tests of the domain import no dialect",
  law: "CONTRIBUTING.md#tests",
  find: (tree) => {
    const carriers = dialectCarriers(tree);
    return tree.modules
      .filter(({ path }) => path.startsWith("src/domain/") && isTest(path))
      .flatMap(({ path, imports }) =>
        imports
          .filter(({ target }) => isWayIn(target) || carriers.has(target))
          .map(({ target, line }) => ({
            path,
            line,
            says: `imports ${target}${isWayIn(target) ? "" : ", which imports a dialect"}: a test of the domain runs operations through test/support/test-door.ts; what is about the wire is tested in src/transport`,
          })),
      );
  },
};

const isWayIn = (path: string): boolean => path.startsWith("src/transport/") || path === "src/app.ts";

/** What tests share that imports a way in, also through other files that tests share. */
function dialectCarriers(tree: Tree): ReadonlySet<string> {
  const shared = tree.modules.filter(({ path }) => path.startsWith("test/"));
  const carriers = new Set<string>();
  for (let before = -1; before < carriers.size; ) {
    before = carriers.size;
    for (const { path, imports } of shared)
      if (imports.some(({ target }) => isWayIn(target) || carriers.has(target))) carriers.add(path);
  }
  return carriers;
}

const noCycles: Rule = {
  guarantee: "no import cycle exists when the program runs",
  law,
  find: (tree) =>
    cyclesOf(tree).map((cycle) => ({
      path: cycle[0] ?? "",
      says: `is in a runtime import cycle: ${[...cycle, cycle[0]].join(" -> ")}; move what both need into a third file, or import only types`,
    })),
};

/** One shortest cycle through each file that is first (by name) in one. Erased imports do not count. */
function cyclesOf(tree: Tree): string[][] {
  const next = new Map(
    tree.modules.map(({ path, imports }) => [
      path,
      imports.filter((used) => isOurs(used) && !used.erased).map(({ target }) => target),
    ]),
  );
  const told = new Set<string>();
  return [...next.keys()].sort().flatMap((start) => {
    if (told.has(start)) return [];
    const cycle = shortestCycle(start, next);
    for (const path of cycle ?? []) told.add(path);
    return cycle === null ? [] : [cycle];
  });
}

/** Breadth first from `start` back to it. */
function shortestCycle(start: string, next: ReadonlyMap<string, readonly string[]>): string[] | null {
  const cameFrom = new Map<string, string | null>([[start, null]]);
  const queue = [start];
  for (const path of queue)
    for (const target of next.get(path) ?? []) {
      if (target === start) return pathTo(path, cameFrom);
      if (cameFrom.has(target)) continue;
      cameFrom.set(target, path);
      queue.push(target);
    }
  return null;
}

function pathTo(end: string, cameFrom: ReadonlyMap<string, string | null>): string[] {
  const before = cameFrom.get(end) ?? null;
  return before === null ? [end] : [...pathTo(before, cameFrom), end];
}

export const arrowRules: readonly Rule[] = [
  pointOneWay,
  nounsUseFrontDoors,
  areasInOrder,
  facadesApart,
  sharedLayerKnowsNoDialect,
  domainTestsKnowNoDialect,
  noCycles,
];
