/** What a policy may say. Pure. */
import { isHeaderSafe } from "../../../protocols/address/index.ts";
import { fail, invalid } from "../../door/failures.ts";
import { type LimitName, limitNames, type MailLimits, type SpamDetection } from "../../door/mail-limits.ts";
import { field, type Path, says } from "../../door/text.ts";
import { MAX_NAME_LENGTH } from "../../limits.ts";
import { MAX_ATTACHMENT_TYPES, MAX_FOOTER_LENGTH, MAX_POLICY_FOLDERS } from "./limits.ts";
import { mayBeUnlimited, type PolicyOptions, type SetLimits, UNLIMITED } from "./policy.ts";

/** What a caller sets: absent leaves it, or what is inherited in a new policy. */
export interface PolicyFields {
  readonly limits?: Partial<SetLimits>;
  readonly options?: PolicyOptions;
  readonly spamDetection?: Partial<SpamDetection>;
}

/** @throws Failure input.invalid */
export function checkPolicyName(name: string): string {
  if (name === "" || name.length > MAX_NAME_LENGTH || !isHeaderSafe(name))
    throw invalid(
      ["name"],
      says`${field("name")} must have 1 to ${MAX_NAME_LENGTH} characters and no control characters`,
    );
  return name;
}

/**
 * @param maxima the installation's
 * @throws Failure input.invalid naming the field, limit.exceeded for a limit above the installation's maximum
 */
export function checkFields(fields: PolicyFields, maxima: MailLimits): PolicyFields {
  const { limits, options, spamDetection } = fields;
  return {
    ...(limits && { limits: checkLimits(limits, maxima) }),
    ...(options && { options: checkOptions(options) }),
    ...(spamDetection && { spamDetection: checkSpamDetection(spamDetection) }),
  };
}

function checkLimits(limits: Partial<SetLimits>, maxima: MailLimits): Partial<SetLimits> {
  for (const name of limitNames) checkLimit(name, limits[name] ?? null, maxima[name]);
  const { attachmentTypes } = limits;
  return attachmentTypes ? { ...limits, attachmentTypes: checkTypes(attachmentTypes) } : limits;
}

function checkLimit(name: LimitName, value: number | null, maximum: number): void {
  if (value === null) return;
  const path = ["limits", name];
  if (!Number.isSafeInteger(value) || value < UNLIMITED)
    throw invalid(path, says`${field(...path)} must be a whole number, 0 or more`);
  if (value === UNLIMITED && !mayBeUnlimited.has(name))
    throw invalid(
      path,
      says`${field(...path)} may not be unlimited`,
      "Leave it out for the highest there may be.",
    );
  if ((value === UNLIMITED ? Number.POSITIVE_INFINITY : value) > maximum)
    throw fail("limit.exceeded", {
      path,
      // Clients look for these words, the command line for "this plan" (nylas 4.5).
      message: says`${field(...path)} exceeds plan maximum of ${maximum}`,
      hint: "Leave it out to have the maximum for this plan, which the server's operator sets.",
    });
}

const mediaType = /^(\*|[\w!#$&^.+-]{1,127})\/(\*|[\w!#$&^.+-]{1,127})$/;

function checkTypes(types: readonly string[]): readonly string[] {
  const path: Path = ["limits", "attachmentTypes"];
  if (types.length > MAX_ATTACHMENT_TYPES)
    throw invalid(path, says`${field(...path)} may have ${MAX_ATTACHMENT_TYPES} types at most`);
  return types.map((type, index) => {
    const canonical = type.trim().toLowerCase();
    const isType = mediaType.test(canonical) && (!canonical.startsWith("*") || canonical === "*/*");
    if (!isType)
      throw invalid(
        [...path, index],
        "Invalid media type",
        "Write type/subtype, or type/* for all of a kind.",
      );
    return canonical;
  });
}

function checkOptions(options: PolicyOptions): PolicyOptions {
  const { additionalFolders = [] } = options;
  const path: Path = ["options", "additionalFolders"];
  if (additionalFolders.length > MAX_POLICY_FOLDERS)
    throw invalid(path, says`${field(...path)} may have ${MAX_POLICY_FOLDERS} names at most`);
  for (const [index, name] of additionalFolders.entries())
    if (name === "" || name.length > MAX_NAME_LENGTH || !isHeaderSafe(name))
      throw invalid(
        [...path, index],
        `A folder's name has 1 to ${MAX_NAME_LENGTH} characters and no control characters`,
      );
  if (options.aiFooter !== undefined) checkFooter(options.aiFooter);
  return options;
}

/** Lines, and no other control characters. */
function checkFooter(footer: string): void {
  const path: Path = ["options", "aiFooter"];
  const isText = footer.trim() !== "" && footer.split("\n").every(isHeaderSafe);
  if (!isText || footer.length > MAX_FOOTER_LENGTH)
    throw invalid(
      path,
      says`${field(...path)} must have 1 to ${MAX_FOOTER_LENGTH} characters and no control characters but line ends`,
    );
}

/** The vendor's bounds (nylas 4.1). */
const [LEAST_SENSITIVITY, MOST_SENSITIVITY] = [0.1, 5];

function checkSpamDetection(spam: Partial<SpamDetection>): Partial<SpamDetection> {
  const { spamSensitivity: value = LEAST_SENSITIVITY } = spam;
  const path = ["spamDetection", "spamSensitivity"];
  // Not the reverse: nothing compares with NaN.
  if (!(value >= LEAST_SENSITIVITY && value <= MOST_SENSITIVITY))
    throw invalid(path, says`${field(...path)} must be ${LEAST_SENSITIVITY} to ${MOST_SENSITIVITY}`);
  return spam;
}

/**
 * Junk goes before other mail, where both have days. None of either may be kept: then there is nothing that could go before.
 * @throws Failure input.invalid
 */
export function checkRetention({ inboxRetentionDays: inbox, spamRetentionDays: spam }: SetLimits): void {
  if (inbox === null || spam === null || inbox === UNLIMITED) return;
  if ((spam !== UNLIMITED && spam < inbox) || (spam === 0 && inbox === 0)) return;
  const path = ["limits", "spamRetentionDays"];
  throw invalid(path, says`${field(...path)} must be smaller than ${field("limits", "inboxRetentionDays")}`);
}
