/** What follows from a create of an inbox alone. */
import { isAddressLength, isDomainName, isUsername } from "../../../protocols/address/index.ts";
import type { Installation } from "../../door/context.ts";
import { attempt, type Failure, invalid } from "../../door/failures.ts";
import { checkClientId } from "../client-ids/index.ts";
import { checkDisplayName } from "./display-name.ts";
import type { Metadata } from "./inbox.ts";
import { checkMetadata } from "./metadata.ts";

export interface CreateInbox {
  readonly username?: string;
  readonly domain?: string;
  readonly displayName?: string;
  readonly clientId?: string;
  readonly metadata?: Metadata;
}

export interface InboxPlan {
  readonly clientId: string | null;
  /** Settings that are refused count only when the client_id is new. */
  readonly settings: InboxSettings | Failure;
}

export interface InboxSettings {
  /** Null: one is generated. */
  readonly username: string | null;
  readonly domain: string;
  readonly displayName: string;
  readonly metadata: Metadata | null;
}

/** @throws Failure input.invalid for the client_id */
export function planInbox(input: CreateInbox, installation: Installation): InboxPlan {
  return {
    clientId: checkClientId(input.clientId),
    settings: attempt(() => checkSettings(input, installation)),
  };
}

function checkSettings(input: CreateInbox, installation: Installation): InboxSettings {
  const domain = input.domain?.toLowerCase() ?? installation.domain;
  if (domain !== installation.domain && !isDomainName(domain))
    throw invalid(["domain"], "Invalid domain", "Give a domain name such as mail.example.com.");
  return {
    username: input.username === undefined ? null : checkUsername(input.username.toLowerCase(), domain),
    domain,
    displayName:
      input.displayName === undefined ? installation.displayName : checkDisplayName(input.displayName),
    metadata: input.metadata === undefined ? null : checkMetadata(input.metadata),
  };
}

function checkUsername(username: string, domain: string): string {
  if (!isUsername(username))
    throw invalid(
      ["username"],
      "Invalid username",
      "Use 1 to 64 of a-z 0-9 . _ - without a dot at either end or two in a row.",
    );
  if (!isAddressLength(`${username}@${domain}`))
    throw invalid(
      ["username"],
      "The whole address may have 254 characters at most",
      "Choose a shorter username or domain.",
    );
  return username;
}
