/** What becomes of a domain when its records were looked up. Pure. */

import { recordKey } from "../../../protocols/dns/record-key.ts";
import type { RecordsAnswer } from "../../door/outside.ts";
import { isBroken } from "./check-schedule.ts";
import { isOfSwitch, type RecordCheck } from "./checks.ts";
import type { Domain, DomainStatus } from "./domain.ts";
import { judge } from "./judge.ts";
import { MAX_FOUND_LENGTH, MAX_FOUND_RECORDS } from "./limits.ts";
import type { VerificationRecord } from "./records.ts";

/** A record with what was answered about it; null: it was not asked for. */
export interface AnsweredRecord {
  readonly record: VerificationRecord;
  readonly answer: RecordsAnswer | null;
}

/** What the look-up says of a record. A look-up that failed says nothing: what was known before stays (a failure is no absence). */
export function checkOf({ record, answer }: AnsweredRecord, now: Date): RecordCheck | null {
  const before = record.check;
  const at = now.toISOString();
  const about = { record: recordKey(record), role: record.role, isRequired: record.isRequired };
  if (answer === null) return before === null ? null : { ...before, ...about };
  if (answer.kind === "failed")
    return before === null
      ? {
          ...about,
          ...{ status: "MISSING", reason: null, found: [] },
          ...{ since: at, at, problem: answer.why },
        }
      : { ...before, ...about, at, problem: answer.why };
  const judgement = judge(record, answer.kind === "found" ? answer.values : []);
  const found = judgement.found
    .slice(0, MAX_FOUND_RECORDS)
    .map((text) => (text.length > MAX_FOUND_LENGTH ? `${text.slice(0, MAX_FOUND_LENGTH)}...` : text));
  const isSame = before?.status === judgement.status;
  return {
    ...judgement,
    ...about,
    ...{ found, at, problem: null },
    since: isSame ? before.since : at,
  };
}

/** Without those of a switch, which are awaited while the domain works. */
const isCore = ({ record }: AnsweredRecord): boolean => record.isRequired && !isOfSwitch(record);

export interface Verdict {
  /** As the records say: the name still has to be free to be VERIFIED. */
  readonly status: DomainStatus;
  readonly failedChecks: number;
  readonly failingSince: Date | null;
}

/** @param answered with the checks of before; @param checks those of now, by recordKey */
export function settle(
  domain: Domain,
  answered: readonly AnsweredRecord[],
  checks: ReadonlyMap<string, RecordCheck>,
  now: Date,
): Verdict {
  const statusOf = ({ record }: AnsweredRecord) => checks.get(recordKey(record))?.status ?? "MISSING";
  const isAnswered = ({ answer }: AnsweredRecord) => answer !== null && answer.kind !== "failed";
  if (domain.trustedAt !== null) return { status: "VERIFIED", failedChecks: 0, failingSince: null };
  if (domain.status === "VERIFIED") return settleVerified(domain, answered.filter(isCore), statusOf, now);
  const required = answered.filter(({ record }) => record.isRequired);
  const status = statusFrom(required, statusOf, isAnswered);
  return { status, failedChecks: status === "VERIFIED" ? 0 : domain.failedChecks + 1, failingSince: null };
}

type StatusOf = (record: AnsweredRecord) => RecordCheck["status"];

/** Proven by answers of now alone. VERIFYING: what was answered is right, and the rest could not be asked. */
function statusFrom(
  required: readonly AnsweredRecord[],
  statusOf: StatusOf,
  isAnswered: (record: AnsweredRecord) => boolean,
): DomainStatus {
  const known = required.filter(isAnswered).map(statusOf);
  if (known.includes("INVALID")) return "INVALID";
  if (known.includes("MISSING")) return "PENDING";
  return known.length === required.length ? "VERIFIED" : "VERIFYING";
}

function settleVerified(
  domain: Domain,
  core: readonly AnsweredRecord[],
  statusOf: StatusOf,
  now: Date,
): Verdict {
  const statuses = core.map(statusOf);
  if (statuses.every((status) => status === "VALID"))
    return { status: "VERIFIED", failedChecks: 0, failingSince: null };
  const failing = {
    failedChecks: domain.failedChecks + 1,
    failingSince: domain.failingSince ?? now,
  };
  if (!isBroken(failing, now)) return { status: "VERIFIED", ...failing };
  return {
    status: statuses.includes("INVALID") ? "INVALID" : "PENDING",
    failedChecks: 0,
    failingSince: null,
  };
}
