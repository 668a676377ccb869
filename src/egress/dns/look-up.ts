/**
 * Records of every type that mail needs, asked over sockets (c-ares) and shared fairly among tenants. c-ares gives the TTL of
 * addresses alone, so that an answer is kept for a fixed time, below the TTL that most records have.
 */
import type { Resolver as NodeResolver } from "node:dns/promises";
import type { Clock } from "../../lib/clock.ts";
import { codeOf } from "../../lib/error-code.ts";
import type { FairQueue } from "../../lib/fair-queue.ts";
import { settlesWithin } from "../../lib/settles-within.ts";
import type { Answer, LookUp, Question, RecordsByType, RecordType } from "../../protocols/dns/look-up.ts";
import { createLookUpQueue, createSharedAnswers } from "./shared-answers.ts";
import type { NameSystem } from "./system.ts";

/** Milliseconds for a look-up with several servers and tries. */
const LOOK_UP_MS = 5000;
/** Milliseconds that records are kept: few are published with a shorter TTL, and who moves his mail keeps the old host for as long. */
const FOUND_KEPT_MS = 60_000;
/** Milliseconds that it is remembered that there is no such record, which somebody may be about to add. */
const ABSENT_KEPT_MS = 30_000;
/** Milliseconds that a failure is remembered: a burst to a dead name asks once. */
const FAILED_KEPT_MS = 5000;
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
  const parts = { system, clock, queue: createLookUpQueue() };
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

const KEPT_MS = { found: FOUND_KEPT_MS, absent: ABSENT_KEPT_MS, failed: FAILED_KEPT_MS } as const;

function cached<Type extends RecordType>({ system, clock, queue }: Parts, ask: Ask<Type>): LookUpOf<Type> {
  const shared = createSharedAnswers<Answer<Type>>({ clock, queue, keptMs: KEPT_MS, sizeOf });
  return ({ name, tenant, maxAgeMs }) =>
    shared({ key: name, tenant, maxAgeMs }, () => answerOf(system.ask((servers) => ask(servers, name))));
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
