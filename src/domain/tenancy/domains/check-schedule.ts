/** When the records of a domain are looked up again, and the job that does it. */
import type { Job } from "../../../storage/jobs.ts";
import { isOfSwitch } from "./checks.ts";
import type { DescribedDomain } from "./describe.ts";
import type { Domain } from "./domain.ts";
import { BROKEN_DOMAIN_CHECKS, BROKEN_DOMAIN_MS, DOMAIN_CHECK_MS, MAX_UNVERIFIED_CHECKS } from "./limits.ts";
import type { VerificationRecord } from "./records.ts";

const MINUTE_MS = 60_000;

/** Milliseconds from when a domain is registered until it is first looked up: who registers it seldom has published its records. */
export const FIRST_CHECK_MS = MINUTE_MS;

/** Minutes between the checks of a domain that somebody is setting up: often at first, as records appear within minutes of being entered. */
const SETTING_UP_MINUTES = [1, 2, 5, 10, 10, 20, 30, 60, 120, 240, 480, 720] as const;
/** Minutes until a domain that was found broken is looked at again, doubled each time. */
const BROKEN_MINUTES = 60;

/** Minutes between the checks of a verified domain that waits for a record of a new key, or of a switch. */
const AWAITED_MINUTES = 60;

/** Milliseconds to the next check; null: none until somebody asks for it. */
export function nextCheckMs({ domain, records }: DescribedDomain): number | null {
  const { status, failedChecks, trustedAt } = domain;
  if (status === "VERIFIED") {
    if (trustedAt !== null) return DOMAIN_CHECK_MS;
    if (failedChecks === 0) return records.some(isAwaited) ? AWAITED_MINUTES * MINUTE_MS : DOMAIN_CHECK_MS;
    return Math.min(BROKEN_MINUTES * MINUTE_MS * 2 ** (failedChecks - 1), DOMAIN_CHECK_MS);
  }
  if (failedChecks >= MAX_UNVERIFIED_CHECKS) return null;
  const minutes = SETTING_UP_MINUTES[Math.max(failedChecks - 1, 0)];
  return minutes === undefined ? DOMAIN_CHECK_MS : minutes * MINUTE_MS;
}

const isAwaited = (record: VerificationRecord): boolean =>
  record.status !== "VALID" && (isOfSwitch(record) || record.keyState === "next");

/** True when a verified domain has been found broken so often, and for so long, that it is no slip of its owner. */
export const isBroken = (
  { failedChecks, failingSince }: Pick<Domain, "failedChecks" | "failingSince">,
  now: Date,
): boolean =>
  failedChecks >= BROKEN_DOMAIN_CHECKS &&
  failingSince !== null &&
  now.getTime() - failingSince.getTime() >= BROKEN_DOMAIN_MS;

/** The one job of a domain that looks its records up: a later one takes the place of an earlier one. */
export const checkJob = (
  { id, podId, organizationId }: Pick<Domain, "id" | "podId" | "organizationId">,
  delayMs: number,
): Job => ({
  task: "check_domain",
  payload: { domainId: id, podId, organizationId },
  key: `check_domain:${id}`,
  delayMs,
});
