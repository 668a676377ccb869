/** Looking a domain's records up, and what follows: its status, which of its keys sign, the next check. */
import { dkimAlgorithms } from "../../../protocols/dkim/index.ts";
import { recordKey } from "../../../protocols/dns/record-key.ts";
import type { Context } from "../../door/context.ts";
import { fail } from "../../door/failures.ts";
import { operation } from "../../door/operation.ts";
import { checkJob, nextCheckMs } from "./check-schedule.ts";
import type { RecordCheck } from "./checks.ts";
import { type DescribedDomain, describe, described } from "./describe.ts";
import { dkimKeyOf, type PublishedKey } from "./dkim-key.ts";
import type { Domain } from "./domain.ts";
import { type NamedDomain, requireDomainToChange } from "./find.ts";
import { questionOf } from "./judge.ts";
import { changeKeyState, deleteRetired, findDkimKeys, insertDkimKeys } from "./key-store.ts";
import { DKIM_RETIRING_MS } from "./limits.ts";
import { orderKeys } from "./make.ts";
import { dkimRecord } from "./records.ts";
import { type AnsweredRecord, checkOf, settle } from "./settle.ts";
import { isNameFree, lockDomain, updateDomainRow } from "./store.ts";

/**
 * Looks the records of a domain up now, and has it looked up often again when it is not verified yet.
 * @throws Failure object.not_found; object.conflict when all of them are there, and somebody else has the name verified
 */
export const verifyDomain = operation({
  name: "domain.verify",
  needs: ["domain_update"],
  on: "any",
  kind: "write",
  fails: ["object.not_found"],
  async run(context, named: NamedDomain): Promise<DescribedDomain> {
    const found = await requireDomainToChange(context, named);
    const checked = await check(context, found.status === "VERIFIED" ? found : { ...found, failedChecks: 0 });
    if (checked.domain.status !== "FAILED") return checked;
    context.onRefusal((later, itsScope) => updateDomainRow(later, itsScope, checked.domain));
    throw heldElsewhere(found.domain);
  },
});

const heldElsewhere = (domain: string) =>
  fail("object.conflict", {
    message: `${domain} is verified by another tenant of this server`,
    hint: "It can be verified here when it is deleted there, or when its records have been those listed here, and not those listed there, for some days.",
  });

/** The same by the job that is due. A domain that is gone needs none. */
export const checkDomain = operation({
  name: "domain.check",
  needs: "system",
  on: "any",
  kind: "upkeep",
  async run(context, { domainId }: { readonly domainId: string }): Promise<void> {
    const found = await lockDomain(context.tx, context.scope, { column: "id", value: domainId });
    if (found !== null) await check(context, found);
  },
});

/**
 * @param before locked, as its records are to be judged
 * @param known as everybody knows it: what it came to be beside that is told
 */
export async function check(
  context: Context,
  before: Domain,
  known: Domain = before,
): Promise<DescribedDomain> {
  const { tx, scope, now, installation } = context;
  const keys = await withKeys(context, before);
  const then = described(before, keys, installation);
  const answered = lookUp(context, then.records);
  const checks = answered.flatMap((one) => checkOf(one, now) ?? []);
  const byRecord = new Map(checks.map((one) => [one.record, one]));
  const settled = { ...before, ...settle(before, answered, byRecord, now), checks, checkedAt: now };
  const isTaken =
    settled.status === "VERIFIED" && before.status !== "VERIFIED" && !(await isNameFree(tx, scope, before));
  const after: Domain = isTaken
    ? { ...settled, status: "FAILED", failedChecks: before.failedChecks + 1 }
    : settled;
  await turnKeys(context, after, keys, byRecord);
  const seen = await describe(context, after);
  const domain = await plan(context, seen);
  await announce(context, described(known, keys, installation), { ...seen, domain });
  return { ...seen, domain };
}

/** Keys that the domain has; one that was registered by a version without some algorithm gets its key now. */
async function withKeys(context: Context, domain: Domain): Promise<readonly PublishedKey[]> {
  const { tx, scope } = context;
  const keys = (await findDkimKeys(tx, scope, [domain.id])).get(domain.id) ?? [];
  const missing = dkimAlgorithms.filter((algorithm) => keys.every((key) => key.algorithm !== algorithm));
  if (missing.length === 0) return keys;
  const [pairs = []] = orderKeys(context, 1);
  const made = pairs
    .filter(({ algorithm }) => missing.includes(algorithm))
    .map((pair) => dkimKeyOf(context, pair, "active"));
  await insertDkimKeys(
    tx,
    scope,
    made.map((key) => ({ domain, key })),
  );
  return [...keys, ...made];
}

function lookUp(context: Context, records: DescribedDomain["records"]): AnsweredRecord[] {
  const { scope } = context;
  const answers = context.outside({
    kind: "records",
    tenant: scope.podId ?? scope.organizationId,
    questions: records.map(questionOf),
  });
  return records.map((record) => ({
    record,
    answer: answers.get(recordKey(questionOf(record))) ?? null,
  }));
}

/**
 * A key signs as soon as its record is seen, and the one before no longer; that goes when nothing it signed can be on its way any more.
 */
async function turnKeys(
  { tx, scope, now }: Context,
  domain: Domain,
  keys: readonly PublishedKey[],
  checks: ReadonlyMap<string, RecordCheck>,
): Promise<void> {
  for (const key of keys) {
    const { algorithm, state } = key;
    const record = recordKey(dkimRecord(domain.domain, key));
    if (state !== "next" || checks.get(record)?.status !== "VALID") continue;
    await changeKeyState(tx, scope, domain.id, algorithm, { from: "active", to: "retiring", at: now });
    await changeKeyState(tx, scope, domain.id, algorithm, { from: "next", to: "active", at: now });
  }
  await deleteRetired(tx, scope, domain.id, new Date(now.getTime() - DKIM_RETIRING_MS));
}

/** Writes the domain with the time of its next check. */
async function plan({ tx, scope, now, enqueue }: Context, seen: DescribedDomain): Promise<Domain> {
  const delayMs = nextCheckMs(seen);
  const nextCheckAt = delayMs === null ? null : new Date(now.getTime() + delayMs);
  const domain = { ...seen.domain, nextCheckAt };
  await updateDomainRow(tx, scope, domain);
  if (delayMs !== null) enqueue(checkJob(domain, delayMs));
  return domain;
}

/** An event and an audit row for a domain that came to be verified, or ceased to be. */
async function announce(context: Context, then: DescribedDomain, seen: DescribedDomain): Promise<void> {
  const { organizationId, podId, domain } = seen.domain;
  const about = { podId: podId ?? organizationId, inboxId: null, messageUuid: null };
  if (then.status !== "VERIFIED" && seen.status === "VERIFIED") {
    context.emit({ ...about, type: "domain.verified", data: { ...seen } });
    context.changed([{ operation: "domain.verified", target: domain }]);
  }
  if (then.domain.status === "VERIFIED" && seen.domain.status !== "VERIFIED") {
    context.emit({ ...about, type: "domain.unverified", data: { ...seen } });
    context.changed([{ operation: "domain.unverified", target: domain }]);
  }
}
