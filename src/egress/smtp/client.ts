/** Hands a message for one domain to a server that answers for it, and tells what became of each recipient. */
import { createSecureContext, type SecureContext } from "node:tls";
import { asBuffer } from "../../lib/as-buffer.ts";
import type { Clock } from "../../lib/clock.ts";
import { judgeReply } from "../../protocols/smtp/reply.ts";
import { flawOf } from "../../protocols/smtp/wire-form.ts";
import {
  DEADLINES,
  type Deadlines,
  LAST_HOST_AFTER_MS,
  MAX_CONNECTIONS_TRIED,
  MAX_TRANSACTION_RECIPIENTS,
} from "./limits.ts";
import {
  answered,
  type DeliveryOutcome,
  type Finding,
  found,
  type OutgoingMail,
  type RecipientResult,
} from "./outcome.ts";
import { createSessionPool, type PoolCounts, type SessionPool } from "./pool.ts";
import { type RouteParts, routeOf } from "./route.ts";
import type { Failure } from "./session.ts";
import type { Target } from "./target.ts";
import { type Transacted, transact } from "./transaction.ts";

export interface SmtpClientParts extends RouteParts {
  /** Said in EHLO. */
  readonly ehloName: string;
  readonly clock: Clock;
  /** DEADLINES when absent; tests have theirs. */
  readonly deadlines?: Deadlines;
}

export interface SmtpClient {
  /** Never rejects for what the other side does. It may take an hour with a slow one: what bounds attempts at once is the caller's. */
  deliver(mail: OutgoingMail): Promise<DeliveryOutcome>;
  counts(): PoolCounts;
  /** Ends what is under way, whose outcome is then as if the connection had broken. */
  close(): void;
}

export function createSmtpClient(parts: SmtpClientParts): SmtpClient {
  const { clock, ehloName, deadlines = DEADLINES } = parts;
  let trusted: SecureContext | null = null;
  const secureContext = (): SecureContext => (trusted ??= createSecureContext({ minVersion: "TLSv1.2" }));
  const pool = createSessionPool({
    ...{ ehloName, deadlines, secureContext },
    now: () => clock.monotonicMs(),
    time: () => clock.now(),
  });
  return {
    async deliver(outgoing) {
      const mail = { ...outgoing, raw: asBuffer(outgoing.raw) };
      const flaw = flawOf(mail.raw);
      const tried =
        flaw === null
          ? await tryHosts({ ...parts, pool, deadlines }, mail)
          : { ...NOWHERE, results: all(mail.recipients, refusedContent(flaw)) };
      const recipients = mail.recipients.map(
        (address) => tried.results.get(address) ?? found(address, UNTRIED),
      );
      const { target, tls, hasNoSession } = tried;
      const [mx, mxAddress] = [target?.host ?? null, target?.address ?? null];
      return { recipients, mx, mxAddress, tls, hasNoSession, at: clock.now() };
    },
    counts: () => pool.counts(),
    close: () => pool.close(),
  };
}

const refusedContent = (why: string): Finding => ({
  kind: "refused",
  enhancedCode: "5.6.0",
  why: `the message cannot be sent: ${why}`,
  fault: "content",
});

const UNTRIED: Finding = {
  kind: "deferred",
  enhancedCode: "4.4.1",
  why: "no host was tried in the time there was",
  fault: "network",
};

type Results = Map<string, RecipientResult>;

interface Tried {
  readonly results: Results;
  readonly target: Target | null;
  readonly tls: string | null;
  readonly hasNoSession: boolean;
}
const NOWHERE: Tried = { results: new Map(), target: null, tls: null, hasNoSession: false };

const all = (recipients: readonly string[], finding: Finding): Results =>
  new Map(recipients.map((address) => [address, found(address, finding)]));

interface Mail extends OutgoingMail {
  readonly raw: Buffer;
}

interface Tools extends SmtpClientParts {
  readonly pool: SessionPool;
  readonly deadlines: Deadlines;
}

/** Host after host, until one settles something, or there is none left. */
async function tryHosts(tools: Tools, mail: Mail): Promise<Tried> {
  const { clock } = tools;
  const began = clock.monotonicMs();
  let tried: Tried = NOWHERE;
  let connections = 0;
  for await (const stop of routeOf(tools, mail.domain, mail.tenant)) {
    if (stop.kind === "finding") {
      tried = { ...tried, results: merged(tried.results, all(mail.recipients, stop.finding)) };
      continue;
    }
    if (++connections > MAX_CONNECTIONS_TRIED || clock.monotonicMs() - began > LAST_HOST_AFTER_MS) break;
    const { results, ...at } = await tryTarget(tools, stop.target, mail);
    tried = {
      ...{ target: stop.target, tls: at.tls, hasNoSession: at.hasNoSession },
      results: at.mayTryNext ? merged(tried.results, results) : results,
    };
    if (!at.mayTryNext) break;
  }
  return tried;
}

/**
 * What is said when no host settled it: that it may be tried again, where any host says so; of several, what a server said rather
 * than what was found without one.
 */
function merged(before: Results, after: Results): Results {
  const better = (old: RecipientResult, fresh: RecipientResult): RecipientResult => {
    if (old.kind !== fresh.kind) return old.kind === "deferred" ? old : fresh;
    return old.code !== null && fresh.code === null ? old : fresh;
  };
  return new Map(
    [...after].map(([address, fresh]) => {
      const old = before.get(address);
      return [address, old === undefined ? fresh : better(old, fresh)];
    }),
  );
}

interface AtTarget {
  readonly results: Results;
  readonly tls: string | null;
  readonly hasNoSession: boolean;
  readonly mayTryNext: boolean;
}

/** In transactions of as many recipients as every server takes. */
async function tryTarget(tools: Tools, target: Target, mail: Mail): Promise<AtTarget> {
  const results: Results = new Map();
  let [mayTryNext, hasNoSession] = [true, false];
  let tls: string | null = null;
  for (let from = 0; from < mail.recipients.length; from += MAX_TRANSACTION_RECIPIENTS) {
    const recipients = mail.recipients.slice(from, from + MAX_TRANSACTION_RECIPIENTS);
    const done = await transactAt(tools, target, mail, recipients);
    for (const one of done.recipients) results.set(one.address, one);
    tls = done.tls;
    // What one transaction settled is not told to another host once more.
    mayTryNext &&= done.mayTryNext;
    if (done.hasNoSession) {
      hasNoSession = true;
      for (const address of mail.recipients.slice(from))
        results.set(address, sameFor(address, done.recipients));
      break;
    }
  }
  return { results, tls, hasNoSession, mayTryNext };
}

/** What a host that cannot be spoken to means for one recipient it means for all. */
function sameFor(address: string, [first]: readonly RecipientResult[]): RecipientResult {
  return first === undefined ? found(address, UNTRIED) : { ...first, address };
}

type AtSession = Pick<Transacted, "recipients" | "mayTryNext"> & {
  readonly tls: string | null;
  readonly hasNoSession: boolean;
};

/** A connection that was kept may have been closed meanwhile: then once more over a new one. */
async function transactAt(
  tools: Tools,
  target: Target,
  mail: Mail,
  recipients: readonly string[],
  fresh = false,
): Promise<AtSession> {
  const { pool, deadlines } = tools;
  const lease = await pool.take(target, fresh);
  if (!("session" in lease))
    return {
      recipients: recipients.map((address) => withoutSession(address, lease)),
      ...{ mayTryNext: true, tls: null, hasNoSession: true },
    };
  const { session, isReused } = lease;
  const done = await transact(session, mail, recipients, deadlines);
  pool.give(session, done.isReusable);
  if (done.isStale && isReused) return transactAt(tools, target, mail, recipients, true);
  return { ...done, tls: session.tls, hasNoSession: false };
}

function withoutSession(address: string, failure: Failure): RecipientResult {
  const { step, reply } = failure;
  // Encryption is what we demand: the reply tells why there is none.
  if (reply !== null && step !== "connect" && step !== "tls") {
    const verdict = judgeReply(reply, step);
    // A server that says yes, and then is of no use.
    if (verdict.kind !== "accepted") return answered(address, reply, verdict);
  }
  return found(address, noSession(failure));
}

/** RFC 3463: X.7.5 a failure of encryption, X.5.0 of the protocol, X.4.1 no answer from the host. */
function noSession({ step, isGarbage, why }: Failure): Finding {
  if (step === "tls") return { kind: "deferred", enhancedCode: "4.7.5", why, fault: "policy" };
  if (isGarbage) return { kind: "deferred", enhancedCode: "4.5.0", why, fault: "protocol" };
  return { kind: "deferred", enhancedCode: "4.4.1", why, fault: "network" };
}
