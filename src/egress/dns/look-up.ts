/**
 * Records of every type that mail needs, asked over sockets (c-ares) and shared fairly among tenants. c-ares gives the TTL of
 * addresses alone, so that an answer is kept for a fixed time, below the TTL that most records have.
 */
import type { Resolver as NodeResolver } from "node:dns/promises";
import { LRUCache } from "lru-cache";
import type { Clock } from "../../lib/clock.ts";
import { codeOf } from "../../lib/error-code.ts";
import { createFairQueue, type FairQueue } from "../../lib/fair-queue.ts";
import { settlesWithin } from "../../lib/settles-within.ts";
import type { Answer, LookUp, Question, RecordsByType, RecordType } from "../../protocols/dns/look-up.ts";
import type { NameSystem } from "./system.ts";

/** Look-ups at once in a process: one tenant alone has half, and one that has none gets one at once. At 50 ms each, 1,280 a second. */
const LOOK_UPS = 64;
/** Look-ups of one tenant that wait: what some hundred mails ask at once. */
const MAX_WAITING = 1000;
/** Milliseconds for a look-up with several servers and tries. */
const LOOK_UP_MS = 5000;
/** Milliseconds that records are kept: few are published with a shorter TTL, and who moves his mail keeps the old host for as long. */
const FOUND_KEPT_MS = 60_000;
/** Milliseconds that it is remembered that there is no such record, which somebody may be about to add. */
const ABSENT_KEPT_MS = 30_000;
/** Milliseconds that a failure is remembered: a burst to a dead name asks once. */
const FAILED_KEPT_MS = 5000;
/** Answers of one type that are kept, and their bytes: a TXT answer may have 64 KB. */
const MAX_ANSWERS = 5000;
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;
/** Bytes of an answer beside its text, about. */
const ANSWER_BYTES = 200;
/** Aliases of aliases that are followed. No sound name has more than a few; BIND stops at 16 (max-query-restarts), Unbound at 11. */
const MAX_ALIASES = 11;
/** Octets of a name without its last dot (RFC 1035 section 2.3.4). */
const MAX_NAME_OCTETS = 253;

type Ask<Type extends RecordType> = (servers: NodeResolver, name: string) => Promise<RecordsByType[Type]>;

const ASK: { readonly [Type in RecordType]: Ask<Type> } = {
  A: (servers, name) => servers.resolve4(name),
  AAAA: (servers, name) => servers.resolve6(name),
  CNAME: (servers, name) => servers.resolveCname(name),
  MX: (servers, name) => servers.resolveMx(name),
  PTR: (servers, name) => servers.resolvePtr(name),
  SRV: (servers, name) => servers.resolveSrv(name),
  TLSA: (servers, name) => servers.resolveTlsa(name),
  TXT: (servers, name) => servers.resolveTxt(name),
};

interface Parts {
  readonly system: NameSystem;
  readonly clock: Clock;
  readonly queue: FairQueue;
}

type LookUpOf<Type extends RecordType> = (
  question: Pick<Question<Type>, "name" | "tenant" | "maxAgeMs">,
) => Promise<Answer<Type>>;

export function createLookUp(system: NameSystem, clock: Clock): LookUp {
  const parts = { system, clock, queue: createFairQueue(LOOK_UPS, MAX_WAITING) };
  const of: { readonly [Type in RecordType]: LookUpOf<Type> } = {
    A: cached(parts, ASK.A),
    AAAA: cached(parts, ASK.AAAA),
    CNAME: cached(parts, ASK.CNAME),
    MX: cached(parts, ASK.MX),
    PTR: cached(parts, ASK.PTR),
    SRV: cached(parts, ASK.SRV),
    TLSA: cached(parts, ASK.TLSA),
    TXT: cached(parts, ASK.TXT),
  };
  return async <Type extends RecordType>(question: Question<Type>): Promise<Answer<Type>> => {
    const name = question.name.toLowerCase().replace(/\.$/, "");
    if (!isAskable(name)) return { kind: "absent", nameExists: false };
    const ask = (asked: string): Promise<Answer<Type>> => of[question.type]({ ...question, name: asked });
    const answer = await ask(name);
    if (answer.kind !== "absent" || !answer.nameExists || question.type === "CNAME") return answer;
    return followAliases(name, ask, (alias) => of.CNAME({ ...question, name: alias }));
  };
}

/** c-ares would send what it can encode of any text. Underscores are those of SRV, TLSA and DKIM. */
const isAskable = (name: string): boolean =>
  name.length <= MAX_NAME_OCTETS && /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/.test(name);

/**
 * A name server follows aliases itself, most often; one that answers with the alias alone looks to c-ares as one that has no such
 * record, and so does a loop. Which of them it is decides whether the mail bounces.
 */
async function followAliases<Type extends RecordType>(
  name: string,
  ask: (name: string) => Promise<Answer<Type>>,
  aliasOf: (name: string) => Promise<Answer<"CNAME">>,
): Promise<Answer<Type>> {
  const seen = new Set([name]);
  let last = name;
  while (seen.size <= MAX_ALIASES) {
    const alias = await aliasOf(last);
    if (alias.kind === "failed") return alias;
    const [target] = alias.kind === "found" ? alias.records : [];
    if (target === undefined) return seen.size === 1 ? { kind: "absent", nameExists: true } : ask(last);
    last = target.toLowerCase();
    if (seen.has(last)) return { kind: "failed", why: `the aliases of ${name} loop` };
    seen.add(last);
  }
  return { kind: "failed", why: `${name} has more than ${MAX_ALIASES} aliases` };
}

interface Kept<Type extends RecordType> {
  readonly answer: Answer<Type>;
  readonly atMs: number;
}

const KEPT_MS = { found: FOUND_KEPT_MS, absent: ABSENT_KEPT_MS, failed: FAILED_KEPT_MS } as const;

/** Asks once for all who ask for the same name at the same time, and keeps the answer for a while. */
function cached<Type extends RecordType>(parts: Parts, ask: Ask<Type>): LookUpOf<Type> {
  const { clock, queue, system } = parts;
  const answers = new LRUCache<string, Kept<Type>>({
    max: MAX_ANSWERS,
    maxSize: MAX_ANSWER_BYTES,
    sizeCalculation: ({ answer }) => sizeOf(answer),
  });
  const underWay = new Map<string, Promise<Answer<Type>>>();
  const kept = (name: string, maxAgeMs: number): Answer<Type> | null => {
    const found = answers.get(name);
    if (found === undefined) return null;
    const ageMs = clock.monotonicMs() - found.atMs;
    return ageMs < Math.min(maxAgeMs, KEPT_MS[found.answer.kind]) ? found.answer : null;
  };
  const askNow = async (name: string): Promise<Answer<Type>> => {
    const answer = await answerOf(system.ask((servers) => ask(servers, name)));
    answers.set(name, { answer, atMs: clock.monotonicMs() });
    return answer;
  };
  return async ({ name, tenant, maxAgeMs = Number.POSITIVE_INFINITY }) => {
    const known = kept(name, maxAgeMs);
    if (known !== null) return known;
    const askedAtMs = clock.monotonicMs();
    try {
      await queue.acquire(tenant);
    } catch {
      return { kind: "failed", why: "too many look-ups of the same tenant are waiting" };
    }
    try {
      // All who wait for one answer hold a share of their own, so that none waits in another tenant's queue.
      const meanwhile = kept(name, Math.max(maxAgeMs, clock.monotonicMs() - askedAtMs));
      if (meanwhile !== null) return meanwhile;
      const running = underWay.get(name) ?? askNow(name).finally(() => underWay.delete(name));
      underWay.set(name, running);
      return await running;
    } finally {
      queue.release(tenant);
    }
  };
}

/** Answers that say that there is no such record, as against no answer. */
const ABSENT: Readonly<Record<string, { readonly nameExists: boolean }>> = {
  ENOTFOUND: { nameExists: false },
  ENODATA: { nameExists: true },
};

async function answerOf<Type extends RecordType>(asked: Promise<RecordsByType[Type]>): Promise<Answer<Type>> {
  try {
    if (!(await settlesWithin(LOOK_UP_MS, asked)))
      return { kind: "failed", why: "no name server answered in time" };
    const records = await asked;
    return records.length > 0 ? { kind: "found", records } : { kind: "absent", nameExists: true };
  } catch (error) {
    const absent = ABSENT[codeOf(error)];
    if (absent !== undefined) return { kind: "absent", ...absent };
    return { kind: "failed", why: `the name servers answered ${codeOf(error) || String(error)}` };
  }
}

function sizeOf(answer: Answer<RecordType>): number {
  if (answer.kind !== "found") return ANSWER_BYTES;
  return answer.records.reduce((sum, record) => sum + ANSWER_BYTES + JSON.stringify(record).length, 0);
}
