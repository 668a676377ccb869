/**
 * Work outside the database: what an operation may have done between two of its transactions, because it waits for the
 * network or for a thread. A closed list, and the port that others implement: the domain says what it asks and what it gets,
 * and imports none of the implementations.
 */
import type { DkimKeyPair, DkimSigner } from "../../protocols/dkim/index.ts";
import type { Format } from "../../protocols/documents/index.ts";
import type { ComposedMail, MailToCompose, SignedMail } from "../../protocols/mime/index.ts";

/** Files to fetch from URLs that tenants name. */
export interface FilesOrder {
  /** The tenant, whose fair share bounds how many orders it has at once. */
  readonly podId: string;
  readonly urls: readonly string[];
  /** Of all files together. */
  readonly maxBytes: number;
  /** For all files together: names, connections, redirects, answers. */
  readonly timeoutMs: number;
  /** Of each file. */
  readonly maxRedirects: number;
}

export interface RemoteFile {
  readonly content: Buffer;
  /** As the server calls it, else the end of the URL; never with a path. */
  readonly filename: string | null;
  /** As the server says, when that is a media type. */
  readonly contentType: string | null;
}

/** All of the files or none. `why` is for the caller to read; `busy`: too many are being fetched, later it may go. */
export type FilesOutcome =
  | { readonly kind: "files"; readonly files: readonly RemoteFile[] }
  | { readonly kind: "refused"; readonly index: number; readonly why: string }
  | { readonly kind: "busy" };

/** A large mail to write. */
export interface ComposeOrder {
  readonly mail: MailToCompose;
}

/** What was written, and of what: the run that gets it has another time and would choose another Message-ID. */
export interface PromisedMail extends ComposeOrder {
  readonly written: ComposedMail;
}

/** A large mail to sign as it is. */
export interface SignOrder {
  readonly raw: Buffer;
  readonly signers: readonly DkimSigner[];
  /** Seconds of the signatures' `t=` tag come of it. */
  readonly at: Date;
}

/** DKIM key pairs to make for a number of domains, one of each algorithm: about 100 ms of a processor for each domain. */
export interface DkimKeysOrder {
  /** The tenant, whose fair share bounds how many are made for it at once: id of a pod, or of an organization. */
  readonly tenant: string;
  readonly count: number;
}

/** A name and a type of DNS records to look up. */
export interface RecordQuestion {
  /** In A-labels. */
  readonly name: string;
  readonly type: "TXT" | "CNAME" | "MX";
}

/** Records to look up: what is published now, and no answer that somebody remembers. */
export interface RecordsOrder {
  /** The tenant, whose fair share bounds how many are looked up for it at once: id of a pod, or of an organization. */
  readonly tenant: string;
  readonly questions: readonly RecordQuestion[];
}

/**
 * `found`: the strings of each TXT record joined, an MX record as `preference host`, hosts in lower case without their last dot. `absent`:
 * the name servers say that there is none. `failed`: they say nothing that can be used; `why` is for the operator to read.
 */
export type RecordsAnswer =
  | { readonly kind: "found"; readonly values: readonly string[] }
  | { readonly kind: "absent" }
  | { readonly kind: "failed"; readonly why: string };

/** A password to hash, which keeps a thread busy for some 40 ms. */
export interface PasswordOrder {
  /** The tenant, whose fair share bounds how many are hashed for it at once: id of a pod. */
  readonly tenant: string;
  readonly password: string;
}

/** A document of a pod whose text is wanted. */
export interface DocumentOrder {
  /** The tenant, whose fair share bounds how many are read for it at once. */
  readonly podId: string;
  /** Of its bytes, which the pod has. */
  readonly sha256: Buffer;
  readonly format: Format;
}

/** Memory for what is to be read at once. */
export interface RoomOrder {
  readonly bytes: number;
}

/**
 * Each kind of work: its request and its result. Failures of the other side are outcomes, not exceptions. A new
 * kind (a webhook's challenge) is one more line here, and its implementation where the network is.
 */
interface OutsideWork {
  readonly files: { readonly asks: FilesOrder; readonly gives: FilesOutcome };
  readonly compose: { readonly asks: ComposeOrder; readonly gives: PromisedMail };
  readonly sign: { readonly asks: SignOrder; readonly gives: SignedMail };
  /** Gives a pair of each algorithm for as many domains as were asked for, or nothing: too many wait already. */
  readonly dkimKeys: { readonly asks: DkimKeysOrder; readonly gives: readonly (readonly DkimKeyPair[])[] };
  /** Gives an answer to each question, by `recordKey` of protocols/dns. */
  readonly records: { readonly asks: RecordsOrder; readonly gives: ReadonlyMap<string, RecordsAnswer> };
  /** Gives whether there is text, which is kept beside the bytes then; false also while too many documents wait. */
  readonly documentText: { readonly asks: DocumentOrder; readonly gives: boolean };
  /** Gives nothing but the moment from which on there is room. Rejects with Failure service.unavailable when there is none. */
  readonly room: { readonly asks: RoomOrder; readonly gives: null };
  /** Gives the hash as it is stored, or null: too many wait already. */
  readonly passwordHash: { readonly asks: PasswordOrder; readonly gives: string | null };
}

export type OutsideKind = keyof OutsideWork;

/** One piece of work, discriminated by `kind`. */
export type OutsideRequest<Kind extends OutsideKind> = { readonly kind: Kind } & OutsideWork[Kind]["asks"];

export type OutsideOutcome<Kind extends OutsideKind> = OutsideWork[Kind]["gives"];

/** Who does it, by kind. None of them but `room` rejects for a reason that lies outside. */
export type Outside = {
  readonly [Kind in OutsideKind]: (work: OutsideWork[Kind]["asks"]) => Promise<OutsideOutcome<Kind>>;
};
