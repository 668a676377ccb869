/** What a message fails with that a limit refuses. */
import { type Failure, fail, invalid } from "../../door/failures.ts";
import type { LimitName } from "../../door/mail-limits.ts";
import { field, says } from "../../door/text.ts";

/** What is used up, as sentences name it. */
const words: Partial<Readonly<Record<LimitName, string>>> = {
  sentPerDay: "Daily send",
  sentPerMinute: "Send",
  sentPerFiveMinutes: "Send",
  sentPerHour: "Hourly send",
  sentPerThirtyDays: "Monthly send",
  newRecipientsPerDay: "Daily new recipient",
  receivedPerDay: "Daily receive",
};

export interface Usage {
  readonly used: number;
  /** Null: never, as there may be none. */
  readonly resetAt: Date | null;
}

/** A cap over time. */
export function limitReached(name: LimitName, count: number, { used, resetAt }: Usage): Failure {
  const until = resetAt === null ? "" : `, until ${resetAt.toISOString()}`;
  return fail("limit.reached", {
    message: `${words[name] ?? "Message"} limit reached: ${used} of ${count} used${until}`,
    hint:
      resetAt === null
        ? "The policy of the inbox allows none."
        : "Try again then, or raise the limit of the policy.",
    limit: { resource: name, count, used, ...(resetAt !== null && { resetAt }) },
  });
}

export const storageReached = (count: number, used: number): Failure =>
  fail("storage.reached", {
    message: `The mailbox is full: ${used} of ${count} bytes used`,
    hint: "Delete messages, or raise the limit of the policy.",
    limit: { resource: "storageBytes", count, used },
  });

export const tooLarge = (name: "messageBytes" | "attachmentBytes", count: number, used: number): Failure =>
  fail("message.too_large", {
    message: `${name === "messageBytes" ? "Message" : "Attachment"} too large: ${used} bytes exceed the limit of ${count}`,
    hint: "Send smaller attachments, or several messages.",
    limit: { resource: name, count, used },
  });

export const tooManyAttachments = (count: number, used: number): Failure =>
  fail("attachment.refused", {
    message: `Too many attachments: ${used} exceed the limit of ${count}`,
    hint: "Send an archive, or several messages.",
    limit: { resource: "attachmentCount", count, used },
  });

export const wrongAttachmentType = (type: string, allowed: readonly string[]): Failure =>
  fail("attachment.refused", {
    message: `Attachments of the type ${type} are not allowed`,
    hint: `Allowed are ${allowed.join(", ")}.`,
  });

export const tooManyRecipients = (count: number): Failure =>
  invalid(
    [],
    says`A message may have ${count} recipients at most over ${field("to")}, ${field("cc")} and ${field("bcc")}`,
    "Send several messages, each to some of them.",
  );
