/** Judges a mail by SPF, DKIM, DMARC and ARC, within a deadline. */
import { domainToASCII } from "node:url";
import { settlesWithin } from "../../lib/settles-within.ts";
import {
  type Keys,
  keyNames,
  loadSignatures,
  type SignatureVerdicts,
} from "../../protocols/authentication/signatures.ts";
import {
  type ClaimedMail,
  type DmarcVerdict,
  plainDomain,
  type Resolve,
  type SpfVerdict,
  type Verdicts,
} from "../../protocols/authentication/verdicts.ts";

export interface AuthenticationParts {
  /** Rejects with ETIMEOUT for what is asked, or not answered, after the deadline. */
  readonly resolve: Resolve;
  /** Rejects when it was not verified, in time or at all. */
  readonly verifySignatures: (raw: Uint8Array, keys: Keys, timeoutMs: number) => Promise<SignatureVerdicts>;
  /** This server's name, which macros of SPF may ask for. */
  readonly host: string;
  /** For all of it, milliseconds. */
  readonly deadlineMs: number;
}

/** Of the deadline, for SPF and keys of signatures; the rest is for DMARC, which needs both. */
const FIRST_PART = 0.6;
/** Octets of a host name (RFC 5321 section 4.5.3.1.2). */
const MAX_HOST_NAME = 255;

const loadSpf = () => import("mailauth/lib/spf/index.js");
const loadDmarc = () => import("mailauth/lib/dmarc/index.js");

/** Resolves when the libraries are loaded: no mail's deadline is to pass meanwhile. */
export const loadAuthentication = async (): Promise<void> =>
  void (await Promise.all([loadSpf(), loadDmarc(), loadSignatures()]));

/** Never rejects for what a sender or his name servers do: what is not known in time is a `temperror`. */
export async function authenticate(mail: ClaimedMail, parts: AuthenticationParts): Promise<Verdicts> {
  const began = performance.now();
  const leftMs = (share = 1): number => Math.max(1, parts.deadlineMs * share - (performance.now() - began));
  const [spf, signatures] = await Promise.all([
    checkSpf(mail, parts, leftMs(FIRST_PART)),
    signaturesOf(mail.raw, parts, leftMs),
  ]);
  const checking = checkDmarc(spf, signatures, parts.resolve);
  const late: DmarcVerdict = { result: "temperror", domain: "", policy: null };
  const dmarc = await withinDeadline(leftMs(), checking, late);
  return { spf, dkim: signatures.dkim.map(({ id: _id, ...verdict }) => verdict), dmarc, arc: signatures.arc };
}

async function withinDeadline<Result>(ms: number, work: Promise<Result>, late: Result): Promise<Result> {
  return (await settlesWithin(ms, work)) ? work : late;
}

/** By the reverse-path, or by HELO where that is null (RFC 7208 section 2.4). */
export async function checkSpf(
  { clientAddress, clientName, envelopeFrom }: ClaimedMail,
  { resolve, host }: Pick<AuthenticationParts, "resolve" | "host">,
  timeoutMs: number,
): Promise<SpfVerdict> {
  const { spf } = await loadSpf();
  const found = await spf({
    sender: envelopeFrom,
    ip: clientAddress,
    helo: clientName.slice(0, MAX_HOST_NAME),
    mta: host,
    resolver: resolve,
    maxElapsedTime: timeoutMs,
    strict: true,
  });
  return {
    result: spfResult(found.status.result),
    domain: plainDomain(found.domain ?? ""),
    identity: envelopeFrom === "" ? "helo" : "mailfrom",
  };
}

const SPF_RESULTS = ["none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"] as const;

const spfResult = (result: string): SpfVerdict["result"] =>
  SPF_RESULTS.find((known) => known === result) ?? "temperror";

/** Looks the keys up, then verifies with them. */
async function signaturesOf(
  raw: Uint8Array,
  { resolve, verifySignatures }: AuthenticationParts,
  leftMs: (share?: number) => number,
): Promise<SignatureVerdicts> {
  const names = keyNames(raw);
  if (names === null) return unverified("permerror");
  const until = Promise.withResolvers<"ETIMEOUT">();
  const timer = setTimeout(until.resolve, leftMs(FIRST_PART), "ETIMEOUT");
  const keys = await Promise.all(
    names.map(async (name) => [name, await Promise.race([keyAt(resolve, name), until.promise])] as const),
  ).finally(() => clearTimeout(timer));
  const verifying = verifySignatures(raw, Object.fromEntries(keys), leftMs());
  return withinDeadline(leftMs(), verifying, unverified("temperror")).catch(() => unverified("temperror"));
}

async function keyAt(resolve: Resolve, name: string): Promise<Keys[string]> {
  try {
    const records = await resolve(name, "TXT");
    return records.map((strings) => [strings].flat());
  } catch (error) {
    return String(Object(error).code);
  }
}

/** @param result of a signature that may be there */
const unverified = (result: "temperror" | "permerror"): SignatureVerdicts => ({
  dkim: [{ id: "", result, domain: "", selector: "" }],
  arc: { result: result === "temperror" ? "temperror" : "fail", domain: null },
  authors: null,
  fromFields: 0,
});

/** A domain whose signature or SPF may pass when it is asked again does not fail yet. */
async function checkDmarc(
  spf: SpfVerdict,
  { dkim, authors, fromFields }: SignatureVerdicts,
  resolver: Resolve,
): Promise<DmarcVerdict> {
  if (authors === null) return { result: "temperror", domain: "", policy: null };
  const { evaluateDmarc } = await loadDmarc();
  const question = {
    headerFrom: [...authors],
    fromFields,
    spfDomains: spf.result === "pass" ? [spf.domain] : [],
    dkimDomains: dkim.filter(({ result }) => result === "pass").map(({ id, domain }) => ({ id, domain })),
    resolver,
  };
  const { response } = await evaluateDmarc(question);
  if (response === false) return { result: "permerror", domain: "", policy: null };
  const { status, policy } = response;
  const mayPass = [spf, ...dkim].some(({ result }) => result === "temperror");
  return {
    result: status.result === "fail" && mayPass ? "temperror" : dmarcResult(status.result),
    domain: plainDomain(domainToASCII(String(status.header?.["from"] ?? ""))),
    policy: POLICIES.find((known) => known === policy) ?? null,
  };
}

const POLICIES = ["none", "quarantine", "reject"] as const;
const DMARC_RESULTS = ["none", "pass", "fail", "temperror"] as const;

const dmarcResult = (result: string): DmarcVerdict["result"] =>
  DMARC_RESULTS.find((known) => known === result) ?? "permerror";
