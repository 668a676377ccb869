/** What follows from a create of an inbox alone. */
import { isAddressLength, isDomainName, isUsername } from "../../../protocols/address/index.ts";
import type { Installation } from "../../door/context.ts";
import { attempt, type Failure, invalid } from "../../door/failures.ts";
import { field, says } from "../../door/text.ts";
import { checkClientId } from "../client-ids/index.ts";
import { checkDisplayName } from "./display-name.ts";
import type { Metadata } from "./inbox.ts";
import { MAX_STATE_LENGTH } from "./limits.ts";
import { checkMetadata } from "./metadata.ts";

export interface CreateInbox {
  /** Instead of `username` and `domain`. */
  readonly address?: string;
  readonly username?: string;
  readonly domain?: string;
  readonly displayName?: string;
  readonly clientId?: string;
  readonly metadata?: Metadata;
  /** The caller's own word, given back as it is. */
  readonly state?: string;
  /** It is made paused: it neither sends nor receives until it is resumed. */
  readonly paused?: boolean;
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
  readonly state: string | null;
  readonly paused: boolean;
}

/** @throws Failure input.invalid for the client_id */
export function planInbox(input: CreateInbox, installation: Installation): InboxPlan {
  return {
    clientId: checkClientId(input.clientId),
    settings: attempt(() => checkSettings(input, installation)),
  };
}

function checkSettings(input: CreateInbox, installation: Installation): InboxSettings {
  return {
    ...(input.address === undefined
      ? checkParts(input, installation)
      : checkAddress(input.address, installation)),
    displayName:
      input.displayName === undefined ? installation.displayName : checkDisplayName(input.displayName),
    metadata: input.metadata === undefined ? null : checkMetadata(input.metadata),
    state: input.state === undefined ? null : checkState(input.state),
    paused: input.paused === true,
  };
}

type Parts = Pick<InboxSettings, "username" | "domain">;

function checkParts(input: CreateInbox, installation: Installation): Parts {
  const domain = input.domain?.toLowerCase() ?? installation.domain;
  if (domain !== installation.domain && !isDomainName(domain))
    throw invalid(["domain"], "Invalid domain", "Give a domain name such as mail.example.com.");
  return {
    username: input.username === undefined ? null : checkUsername(input.username.toLowerCase(), domain),
    domain,
  };
}

function checkAddress(written: string, installation: Installation): Parts {
  const address = written.toLowerCase();
  const at = address.lastIndexOf("@");
  const [username, domain] = [address.slice(0, at), address.slice(at + 1)];
  const isValid =
    at > 0 &&
    isUsername(username) &&
    (domain === installation.domain || isDomainName(domain)) &&
    isAddressLength(address);
  if (!isValid)
    throw invalid(
      ["address"],
      says`${field("address")} is not the address of a mailbox`,
      "Give one such as scout@mail.example.com: before the @ 1 to 64 of a-z 0-9 . _ - without a dot at either end or two in a row.",
    );
  return { username, domain };
}

/** @throws Failure input.invalid */
export function checkState(state: string): string {
  if (state.length > MAX_STATE_LENGTH || state.includes("\0"))
    throw invalid(
      ["state"],
      says`${field("state")} may have ${MAX_STATE_LENGTH} characters at most, and no NUL`,
    );
  return state;
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
