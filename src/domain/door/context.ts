/** What an operation may touch while it runs. It imports no clock, no storage and no network: all of it arrives here. */
import type { Memory } from "../../lib/memory.ts";
import type { Sealer } from "../../lib/seal.ts";
import type { MimeCodec } from "../../protocols/mime/index.ts";
import type { Tx } from "../../storage/db.ts";
import type { Job } from "../../storage/jobs.ts";
import type { Actor } from "./access/actor.ts";
import type { Scope } from "./access/index.ts";
import type { InboxTarget, PodTarget } from "./access/store.ts";
import type { EventType, InternalEventType } from "./events.ts";
import type { LimitsInForce, MailLimits } from "./mail-limits.ts";
import type { TargetKind } from "./operation.ts";
import type { OutsideKind, OutsideOutcome, OutsideRequest } from "./outside.ts";
import type { Sharing } from "./sharing.ts";

/** What is true of the whole installation. */
export interface Installation {
  /** The organization of its operator, made at the first start: its keys may do for all what others may not. */
  readonly organizationId: string;
  /** Domain of inboxes created without one. */
  readonly domain: string;
  /** Host name that records of custom domains point at. */
  readonly mailHost: string;
  /** Display name of inboxes created without one. */
  readonly displayName: string;
  /** Largest message taken or made, bytes. */
  readonly maxMessageBytes: number;
  /** What every inbox is held to, whatever its policy says. */
  readonly limits: MailLimits;
  /** Mail for other servers is sent to them; false: it is kept here. */
  readonly sendsOut: boolean;
  /** Messages that one inbox may send in one thread within an hour, but for the one that begins it. */
  readonly threadSendsPerHour: number;
  /** What unsubscribe links begin with: their token follows. Null: nobody outside could reach them. */
  readonly unsubscribeUrl: string | null;
  /** Webhook and attachment URLs may point at loopback and private addresses. */
  readonly allowPrivateTargets: boolean;
  /** Days that events, and attempts to tell of them, are kept; 0: for ever. */
  readonly eventRetentionDays: number;
}

/** What of the outside world is lent to operations as it is. A new capability is one line here and one in app.ts. */
export interface Lent {
  /** UUIDv7, in order within the process. */
  readonly newId: () => string;
  readonly random: (bytes: number) => Uint8Array;
  readonly sealer: Sealer;
  readonly mimeCodec: MimeCodec;
  /** What the process remembers of what it made, such as compiled rules. */
  readonly memory: Memory;
  readonly installation: Installation;
  readonly limitsInForce: LimitsInForce;
  /** Whether other tenants had work for this process of late: what takes long is then done in smaller pieces. */
  readonly isShared: () => boolean;
}

/** An object that an operation changed, for its audit row. What is left out is the operation's own. */
export interface Change {
  readonly operation?: string;
  readonly podId?: string;
  readonly inboxId?: string | null;
  /** Id or address of the object. */
  readonly target: string;
}

/** `scope` is already the target's: reads and writes outside it find nothing. */
export interface Context extends Lent {
  readonly tx: Tx;
  readonly scope: Scope;
  readonly actor: Actor;
  readonly now: Date;
  readonly sharing: Sharing;
  /**
   * Work outside the database. A transaction never waits for it, so a call ends `run`: all it did is rolled back, the work
   * is done, and it runs again, where the same call gives the result. Hence after everything that may refuse the
   * caller (who is refused causes no work), two in a run at most, and the same ones in the same order each time.
   */
  outside<Kind extends OutsideKind>(request: OutsideRequest<Kind>): OutsideOutcome<Kind>;
  /**
   * Called with the bytes that are to be read, before they are: where they are many they are waited for, outside as well. The second run finds
   * what it is then. Once in a run.
   */
  room(bytes: number): void;
  /** Adds an event about the context's pod (or the one given); written when `run` resolves. */
  emit(event: {
    type: EventType | InternalEventType;
    podId: string;
    inboxId: string | null;
    messageUuid: string | null;
    data: Record<string, unknown>;
  }): void;
  /**
   * Writes what outlives a refusal: when `run` ends with a Failure, after its own writes were rolled back, in a transaction of its own
   * before the caller has the answer.
   */
  onRefusal(write: (tx: Tx, scope: Scope) => Promise<unknown>): void;
  /** Adds a job that exists if and only if the transaction commits. */
  enqueue(job: Job): void;
  /**
   * Says that a key (null: any number of them) was changed or deleted. This process looks it up anew before the caller
   * has the answer, the others as soon as the notice of the commit reaches them.
   */
  keysChanged(keyId: string | null): void;
  /** Adds an audit row for each object changed; written in one statement when `run` resolves. */
  changed(changes: readonly Change[]): void;
  /** The same for one object, by its id or address. */
  target(name: string): void;
}

/** The context of an operation on an inbox. */
export type InboxContext = Context & { readonly inbox: InboxTarget };

/** The context with the targets that `Kind` says must be named. */
export type Targeted<Kind extends TargetKind> = Context &
  (Kind extends "inbox" ? { readonly inbox: InboxTarget } : { readonly inbox: InboxTarget | null }) &
  (Kind extends "pod" ? { readonly pod: PodTarget } : { readonly pod: PodTarget | null });
