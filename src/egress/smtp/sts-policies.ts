/**
 * MTA-STS (RFC 8461): by which hosts, and only under TLS, a domain wants its mail to be delivered. The policy is fetched from a host
 * that the recipient's address names, so through the same guard as every URL that a tenant chooses.
 */
import type { IncomingMessage } from "node:http";
import { LRUCache } from "lru-cache";
import type { MTASTSPolicy } from "mailauth";
import type { Clock } from "../../lib/clock.ts";
import type { LookUp } from "../../protocols/dns/look-up.ts";
import { type GuardedClient, within } from "../http/guarded-request.ts";
import { readWhole } from "../http/read-whole.ts";

export interface StsParts {
  readonly lookUp: LookUp;
  /** Refuses addresses as its guard says. */
  readonly client: GuardedClient;
  readonly userAgent: string;
  readonly clock: Clock;
  /** Of policy hosts: 443, unless a test has its own. */
  readonly port?: number;
}

export interface StsPolicy {
  /** Whether mail may be handed to the host of this name, under TLS with a certificate that is valid for it. */
  allows(host: string): boolean;
}

export interface StsPolicies {
  /** @returns the policy that is to be enforced; null: none. Never rejects. */
  of(domain: string, tenant: string): Promise<StsPolicy | null>;
}

/** Milliseconds for a policy (RFC 8461 section 3.3 suggests a minute): mail waits meanwhile. */
const FETCH_MS = 10_000;
/** Bytes of a policy (section 3.3). */
const MAX_POLICY_BYTES = 65_536;
/** Milliseconds until a policy that could not be fetched is asked for again (section 5.1 leaves it open). */
const RETRY_MS = 300_000;
/** Domains whose policy is kept; an entry is about 1 KB. */
const MAX_POLICIES = 5000;

interface Kept {
  readonly id: string;
  /** Null: it could not be fetched. */
  readonly policy: MTASTSPolicy | null;
  /** Of the clock that never goes back. */
  readonly untilMs: number;
}

/** Loading it takes 250 ms, which only processes that send mail need to wait for. */
const loadLibrary = () => import("mailauth/lib/mta-sts.js");

export function createStsPolicies(parts: StsParts): StsPolicies {
  const { lookUp, clock } = parts;
  const kept = new LRUCache<string, Kept>({ max: MAX_POLICIES });
  const underWay = new Map<string, Promise<Kept | null>>();
  let loading: ReturnType<typeof loadLibrary> | null = null;
  const library = (): ReturnType<typeof loadLibrary> => {
    loading ??= loadLibrary();
    return loading;
  };
  /** Of the record; false: none that is valid. Most domains have none, and cost no more than a look-up that is kept. */
  const idOf = async (domain: string, tenant: string): Promise<string | false> => {
    const answer = await lookUp({ name: `_mta-sts.${domain}`, type: "TXT", tenant });
    if (answer.kind !== "found") return false;
    const records = answer.records.map((strings) => [...strings]);
    const { resolvePolicy } = await library();
    return resolvePolicy(domain, { resolver: async () => records, strict: true }).catch(() => false as const);
  };
  const refresh = async (domain: string, tenant: string): Promise<Kept | null> => {
    const id = await idOf(domain, tenant);
    const known = kept.get(domain);
    const valid = known !== undefined && known.untilMs > clock.monotonicMs() ? known : null;
    // A policy is in force until it ends, whatever becomes of its record (section 5.1): who can suppress the one could suppress both.
    if (id === false || id === valid?.id) return valid;
    const text = await fetchPolicy(parts, domain, tenant);
    const policy = text === null ? null : parsed(await library(), text);
    if (policy === null && valid !== null && valid.policy !== null) return valid;
    const ageMs = policy === null ? RETRY_MS : (policy.maxAge ?? 0) * 1000;
    const fetched = { id, policy, untilMs: clock.monotonicMs() + ageMs };
    kept.set(domain, fetched);
    return fetched;
  };
  return {
    async of(domain, tenant) {
      const running = underWay.get(domain) ?? refresh(domain, tenant).finally(() => underWay.delete(domain));
      underWay.set(domain, running);
      const policy = (await running)?.policy ?? null;
      if (policy?.mode !== "enforce") return null;
      const { validateMx } = await library();
      return { allows: (host) => validateMx(host, policy).valid };
    },
  };
}

/** @returns null when there is none, for whatever reason: mail then goes as if the domain had no policy (section 5.1) */
async function fetchPolicy(
  { client, userAgent, port = 443 }: StsParts,
  domain: string,
  tenant: string,
): Promise<Buffer | null> {
  const url = `https://mta-sts.${domain}${port === 443 ? "" : `:${port}`}/.well-known/mta-sts.txt`;
  try {
    return await within(FETCH_MS, async (deadline) => {
      const headers = { "user-agent": userAgent, accept: "text/plain" };
      return textOf(await client.request({ tenant, method: "GET", url, headers, body: null }, deadline));
    });
  } catch {
    return null;
  }
}

/** @returns null when it is no policy */
function parsed({ parsePolicy }: Awaited<ReturnType<typeof loadLibrary>>, text: Buffer): MTASTSPolicy | null {
  try {
    return parsePolicy(text, { strict: true });
  } catch {
    return null;
  }
}

/** @throws for what section 3.3 does not take: redirects, other types, more than the bound */
async function textOf(answer: IncomingMessage): Promise<Buffer> {
  const type = answer.headers["content-type"]?.split(";")[0]?.trim().toLowerCase();
  try {
    if (answer.statusCode !== 200 || type !== "text/plain") throw new Error("no policy");
    return await readWhole(answer, MAX_POLICY_BYTES);
  } finally {
    answer.destroy();
  }
}
