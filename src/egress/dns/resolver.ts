/**
 * Addresses of host names that tenants chose, and records of other types. The system's own look-up (getaddrinfo) blocks one of Node's four threads for as
 * long as a name server is silent, and cannot be cancelled: names of one tenant would stop the whole process. This one asks
 * over sockets (c-ares), with deadlines, shared fairly among tenants. Names are complete: the search list of resolv.conf is
 * not applied. See docs/decisions/0023-due-rows.md.
 */
import { LRUCache } from "lru-cache";
import { codeOf } from "../../lib/error-code.ts";
import { createFairQueue } from "../../lib/fair-queue.ts";
import { settlesWithin } from "../../lib/settles-within.ts";
import type { LookUp } from "../../protocols/dns/look-up.ts";
import { createLookUp } from "./look-up.ts";
import { type NameSystem, openNameSystem, type SystemParts } from "./system.ts";

export interface Resolver {
  /**
   * @param tenant whose share of the look-ups it takes
   * @returns addresses of the host, in the order in which they are to be tried; none when it has none
   * @throws when no server answered in time, aliases loop, or the tenant has too many look-ups waiting
   */
  resolve(host: string, tenant: string): Promise<readonly string[]>;
  /** Records as the name servers have them: the hosts file is not read. */
  readonly lookUp: LookUp;
  /** Ends all look-ups. */
  close(): void;
}

/** Look-ups at once in a process: one tenant alone has half, and one that has none gets one at once. */
const LOOK_UPS = 16;
/** Look-ups of one tenant that wait: more than its webhooks and files at once. */
const MAX_WAITING = 200;
/** Milliseconds for a look-up with several servers and tries: a third of what an endpoint has to answer. */
const LOOK_UP_MS = 5000;
/** Milliseconds that the addresses of one family wait for those of the other: a name server may be silent about one (RFC 8305 section 3 has 50). */
const OTHER_FAMILY_MS = 200;
/** Milliseconds that addresses are kept, whatever their TTL: a burst to a name asks once. */
const ANSWER_KEPT_MS = 1000;
/** Milliseconds that a failure is remembered, or that a name has no address: a burst to a dead name asks once. */
const FAILURE_MS = 5000;
/** Names remembered; an entry is about 300 bytes. */
const MAX_NAMES = 10_000;

const LOOPBACK = ["127.0.0.1", "::1"] as const;

export function createResolver(parts: SystemParts): Resolver {
  const { clock } = parts;
  const queue = createFairQueue(LOOK_UPS, MAX_WAITING);
  const answers = new LRUCache<string, readonly string[] | Error>({
    max: MAX_NAMES,
    ttl: FAILURE_MS,
    perf: { now: () => clock.monotonicMs() },
    // Looked at each time: the clock may be a test's.
    ttlResolution: 0,
  });
  const underWay = new Map<string, Promise<readonly string[]>>();
  const system = openNameSystem(parts);
  const lookUp = createLookUp(system, clock);

  const direct = (name: string, tenant: string): Promise<readonly string[]> =>
    queue.during(tenant, () => askServers(system, name));
  const ask = async (name: string, tenant: string): Promise<readonly string[]> => {
    try {
      const found = await direct(name, tenant);
      const addresses = found.length > 0 ? found : await behindAliases(lookUp, name, tenant);
      if (addresses.length > 0) answers.set(name, addresses, { ttl: ANSWER_KEPT_MS });
      else answers.set(name, addresses);
      return addresses;
    } catch (failure) {
      answers.set(name, failure instanceof Error ? failure : new Error(String(failure)));
      throw failure;
    }
  };
  return {
    lookUp,
    async resolve(host, tenant) {
      // The last dot says that the name is complete, which here each one is.
      const name = host.toLowerCase().replace(/\.$/, "");
      const local = (await system.hosts()).get(name);
      if (local !== undefined) return local;
      // RFC 6761 section 6.3: never asked of a server.
      if (name === "localhost" || name.endsWith(".localhost")) return LOOPBACK;
      const known = answers.get(name);
      if (known instanceof Error) throw known;
      if (known !== undefined) return known;
      const running = underWay.get(name) ?? ask(name, tenant).finally(() => underWay.delete(name));
      underWay.set(name, running);
      return running;
    },
    close: () => system.cancel(),
  };
}

/**
 * What c-ares calls a name without addresses may be an alias whose target the server left to us, or a loop of aliases, which is no answer: whoever
 * takes it for one gives up what could be tried again. @throws as createResolver's resolve does
 */
async function behindAliases(lookUp: LookUp, name: string, tenant: string): Promise<readonly string[]> {
  for (const type of ["A", "AAAA"] as const) {
    const answer = await lookUp({ name, type, tenant, maxAgeMs: ANSWER_KEPT_MS });
    if (answer.kind === "failed") throw new Error(answer.why);
    if (answer.kind === "found") return answer.records;
    if (!answer.nameExists) break;
  }
  return [];
}

/** Both families at once. @throws when neither was answered; a name without addresses has none */
async function askServers(system: NameSystem, name: string): Promise<readonly string[]> {
  const families = [
    recordsOf(system.ask((servers) => servers.resolve4(name))),
    recordsOf(system.ask((servers) => servers.resolve6(name))),
  ];
  const found: (readonly string[])[] = [];
  const both = Promise.all(
    families.map(async (family, index) => {
      found[index] = await family;
    }),
  );
  const first = Promise.any(families.map((family) => family.then(requireSome)));
  first.catch(() => undefined);
  try {
    const inTime = Promise.race([both, first.then(() => settlesWithin(OTHER_FAMILY_MS, both))]);
    if (!(await settlesWithin(LOOK_UP_MS, inTime))) throw new Error("no name server answered in time");
  } catch (error) {
    if (!found.some((family) => family.length > 0)) throw error;
  }
  return found.flat();
}

/** Answers that say that there is no such record, as against no answer. */
const NONE: ReadonlySet<string> = new Set(["ENODATA", "ENOTFOUND"]);

const recordsOf = (asked: Promise<readonly string[]>): Promise<readonly string[]> =>
  asked.catch((error: unknown) => {
    if (NONE.has(codeOf(error))) return [];
    throw error;
  });

function requireSome(addresses: readonly string[]): void {
  if (addresses.length === 0) throw new Error("no address of this family");
}
