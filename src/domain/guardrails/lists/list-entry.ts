/** Allow and block lists: who may be written to and who may write (contract 11). */
import type { Owner } from "../../door/access/index.ts";

/** What a list is asked about: recipients of a send, senders of mail that arrives, senders of answers to our own mail. */
export const directions = ["send", "receive", "reply"] as const;
export type Direction = (typeof directions)[number];

export const listTypes = ["allow", "block"] as const;
export type ListType = (typeof listTypes)[number];

/** One of the six lists of an owner. */
export interface List {
  readonly direction: Direction;
  readonly listType: ListType;
}

/** An inbox, a pod, or the organization as a whole, as the owner of lists. */
export interface ListOwner extends Owner {
  /** Of the inbox, when it is one. */
  readonly inboxAddress: string | null;
}

/** An address or a domain on a list of an inbox, of a pod, or of the organization as a whole. */
export interface ListEntry extends List, ListOwner {
  readonly id: string;
  readonly organizationId: string;
  /** An address or a domain name, canonical: lower case, the domain as A-labels. A domain means itself, not those below it. */
  readonly entry: string;
  readonly reason: string | null;
  /** A suppression, which is taken off as one alone (contract 11). */
  readonly isReadOnly: boolean;
  readonly createdAt: Date;
}
