/**
 * THE DOOR. Every way in turns its input into an operation and runs it here: permission -> target found inside the
 * actor's scope -> transaction under row-level security -> run -> audit -> events and jobs, all in one commit.
 * An operation imports no clock, no storage and no network: what it may touch arrives in its context.
 */
import type { Clock } from "../../lib/clock.ts";
import type { Sealer } from "../../lib/seal.ts";
import { isUuid } from "../../lib/uuid.ts";
import type { FetchFiles, FilesOrder, FilesOutcome } from "../../protocols/http/remote-file.ts";
import type { MailWork } from "../../protocols/mime/index.ts";
import type { Database, Job, Tx } from "../../storage/db.ts";
import type { Actor } from "./access/actor.ts";
import { KEY_CHANNEL, unknownKey } from "./access/authenticate.ts";
import type { Scope } from "./access/index.ts";
import type { Permission } from "./access/permissions.ts";
import {
  findInboxTarget,
  findPodTarget,
  type InboxTarget,
  insertAudit,
  insertEvents,
  isFromLostScope,
  type PodTarget,
} from "./access/store.ts";
import type { EventType, NewEvent } from "./events.ts";
import { fail } from "./failures.ts";

/** What is true of the whole installation. */
export interface Installation {
  /** Domain of inboxes created without one. */
  readonly domain: string;
  /** Host name that records of custom domains point at. */
  readonly mailHost: string;
  /** Display name of inboxes created without one. */
  readonly displayName: string;
  /** Largest message taken or made, bytes. */
  readonly maxMessageBytes: number;
  /** Webhook and attachment URLs may point at loopback and private addresses. */
  readonly allowPrivateTargets: boolean;
}

/** Everything of the outside world that operations are lent. */
export interface DoorParts {
  readonly database: Database;
  readonly clock: Clock;
  /** UUIDv7, in order within the process. */
  readonly newId: () => string;
  readonly random: (bytes: number) => Uint8Array;
  readonly sealer: Sealer;
  readonly fetchFiles: FetchFiles;
  readonly mailWork: MailWork;
  /** Has this process look a key (null: every key) up anew. */
  readonly forgetKey: (keyId: string | null) => void;
  readonly installation: Installation;
}

/** Where the caller points: a pod by id or client_id, an inbox by address; absent means "all that my key reaches". */
export interface At {
  readonly pod?: string;
  readonly inbox?: string;
}

export type TargetKind = "any" | "pod" | "inbox";

/** What `run` may touch. `scope` is already the target's: reads and writes outside it find nothing. */
export interface Context {
  readonly tx: Tx;
  readonly scope: Scope;
  readonly actor: Actor;
  readonly now: Date;
  readonly newId: () => string;
  readonly random: (bytes: number) => Uint8Array;
  readonly sealer: Sealer;
  readonly mailWork: MailWork;
  readonly installation: Installation;
  /**
   * Files from the network. A transaction never waits for it, so the first call ends `run`: all it did is rolled back,
   * the files are fetched, and it runs again, where the same call gives what came of it. Hence once a run, and behind
   * everything that may refuse the caller: whoever is refused makes us fetch nothing.
   */
  files(order: FilesOrder): FilesOutcome;
  /** Adds an event about the context's pod (or the one given); written when `run` resolves. */
  emit(event: {
    type: EventType;
    podId: string;
    inboxId: string | null;
    messageUuid: string | null;
    data: Record<string, unknown>;
  }): void;
  /** Adds a job that exists if and only if the transaction commits. */
  enqueue(job: Job): void;
  /**
   * Says that a key (null: any number of them) was changed or is gone. This process looks it up anew before the caller
   * has the answer, the others as soon as the notice of the commit reaches them.
   */
  keysChanged(keyId: string | null): void;
  /** Names what was changed, for the audit row. */
  target(name: string): void;
}

/** The context of an operation on an inbox. */
export type InboxContext = Context & { readonly inbox: InboxTarget };

type Targeted<Kind extends TargetKind> = Context &
  (Kind extends "inbox" ? { readonly inbox: InboxTarget } : { readonly inbox: InboxTarget | null }) &
  (Kind extends "pod" ? { readonly pod: PodTarget } : { readonly pod: PodTarget | null });

export interface Operation<Input, Output, Kind extends TargetKind = TargetKind> {
  /** noun.verb, as audit rows and logs name it. */
  readonly name: string;
  /** What the actor must hold; null only for what every key may ask (who am I). */
  readonly needs: Permission | null;
  /** "inbox": an inbox must be named. "pod": a pod must be. "any": either, both or none. */
  readonly on: Kind;
  readonly kind: "read" | "write";
  readonly run: (context: Targeted<Kind>, input: Input) => Promise<Output>;
}

/** Declares an operation; the types follow from `run`. */
export function operation<Input, Output, Kind extends TargetKind>(
  spec: Operation<Input, Output, Kind>,
): Operation<Input, Output, Kind> {
  return spec;
}

export interface Door {
  /** @throws Failure for whatever the caller can cause; anything else is ours. */
  run<Input, Output, Kind extends TargetKind>(
    operation: Operation<Input, Output, Kind>,
    actor: Actor,
    at: At,
    input: Input,
  ): Promise<Output>;
}

interface Resolved {
  readonly scope: Scope;
  /** Sent, and before anything that runs in the scope; not waited for. */
  readonly narrowed: Promise<void>;
  readonly pod: PodTarget | null;
  readonly inbox: InboxTarget | null;
}

/** Finds the pod and the inbox that `at` names, inside the actor's scope, and narrows to them. */
async function resolve(tx: Tx, actor: Actor, at: At): Promise<Resolved> {
  let scope = actor.scope;
  let pod: PodTarget | null = null;
  let inbox: InboxTarget | null = null;
  if (at.pod !== undefined) {
    if (scope.level === "inbox")
      throw fail("scope.forbidden", {
        say: "Forbidden",
        fix: "This key is scoped to one inbox; use the /v0/inboxes routes.",
      });
    // A tenant's id elsewhere, and so its client_id here, is often a UUID as well.
    pod = isUuid(at.pod) ? await findPodTarget(tx, scope, { id: at.pod }) : null;
    pod ??= await findPodTarget(tx, scope, { clientId: at.pod });
    if (pod === null)
      throw fail("pod.not_found", {
        say: "Pod not found",
        fix: "List pods to see the ids this key can reach.",
      });
    scope = scope.narrowToPod(pod.id);
  }
  if (at.inbox !== undefined) {
    inbox = await findInboxTarget(tx, scope, at.inbox.toLowerCase());
    if (inbox === null || (pod !== null && inbox.podId !== pod.id))
      throw fail("inbox.not_found", {
        say: "Inbox not found",
        fix: "List inboxes to see the addresses this key can reach.",
      });
    scope = scope.narrowToInbox(inbox.podId, inbox.id);
  }
  return { scope, narrowed: scope === actor.scope ? Promise.resolve() : tx.narrow(scope), pod, inbox };
}

function permit(operation: { needs: Permission | null }, actor: Actor): void {
  if (operation.needs === null || actor.may(operation.needs)) return;
  throw fail("permission.missing", {
    say: "Forbidden",
    fix: `Use a key that holds the ${operation.needs} permission.`,
    because: `key ${actor.keyId ?? actor.name} lacks ${operation.needs}`,
  });
}

function bindTargets<Kind extends TargetKind>(
  kind: Kind,
  context: Context,
  resolved: Resolved,
): Targeted<Kind> {
  if (kind === "inbox" && resolved.inbox === null)
    throw new Error("an inbox operation was run without an inbox");
  if (kind === "pod" && resolved.pod === null) throw new Error("a pod operation was run without a pod");
  // Decoder: the two checks above are what the conditional type states.
  return { ...context, pod: resolved.pod, inbox: resolved.inbox } as Targeted<Kind>;
}

/** Ends a run that wants files. Only the door throws and catches it. */
class FilesWanted extends Error {
  readonly order: FilesOrder;
  constructor(order: FilesOrder) {
    super("files are fetched between two transactions");
    this.order = order;
  }
}

/** Builds the door. One per process; it holds no state of its own. */
export function createDoor(parts: DoorParts): Door {
  return {
    async run(operation, actor, at, input) {
      permit(operation, actor);
      try {
        return await runWithFiles(parts, operation, actor, at, input);
      } catch (error) {
        // The pod or inbox of the key was deleted while it was used, and the key with it.
        throw (await isFromLostScope(error, parts.database, actor.scope)) ? unknownKey() : error;
      }
    },
  };
}

async function runWithFiles<Input, Output, Kind extends TargetKind>(
  parts: DoorParts,
  operation: Operation<Input, Output, Kind>,
  actor: Actor,
  at: At,
  input: Input,
): Promise<Output> {
  try {
    return await runIn(parts, operation, actor, at, input, null);
  } catch (error) {
    if (!(error instanceof FilesWanted)) throw error;
    return runIn(parts, operation, actor, at, input, await parts.fetchFiles(error.order));
  }
}

/** One transaction. @param fetched what came of the files that an earlier one wanted */
async function runIn<Input, Output, Kind extends TargetKind>(
  parts: DoorParts,
  operation: Operation<Input, Output, Kind>,
  actor: Actor,
  at: At,
  input: Input,
  fetched: FilesOutcome | null,
): Promise<Output> {
  const { result, changedKeys } = await parts.database.transaction(actor.scope, async (tx) => {
    const resolved = await resolve(tx, actor, at);
    const events: NewEvent[] = [];
    const jobs: Job[] = [];
    const changedKeys: (string | null)[] = [];
    let target: string | null = null;
    const { organizationId } = resolved.scope;
    const now = parts.clock.now();
    const context: Context = {
      tx,
      actor,
      now,
      scope: resolved.scope,
      newId: parts.newId,
      random: parts.random,
      sealer: parts.sealer,
      mailWork: parts.mailWork,
      installation: parts.installation,
      files(order) {
        if (fetched === null) throw new FilesWanted(order);
        return fetched;
      },
      emit: (event) => void events.push({ ...event, id: parts.newId(), organizationId, at: now }),
      enqueue: (job) => void jobs.push(job),
      keysChanged: (keyId) => void changedKeys.push(keyId),
      target: (name) => {
        target = name;
      },
    };
    const act = async (): Promise<Output> =>
      operation.run(bindTargets(operation.on, context, resolved), input);
    const [result] = await Promise.all([act(), resolved.narrowed]);
    if (operation.kind === "write") tx.last(audit(context, operation.name, target));
    tx.last(insertEvents(tx, resolved.scope, events), tx.enqueue(jobs));
    tx.last(...changedKeys.map((keyId) => tx.notify(KEY_CHANNEL, keyId ?? "")));
    return { result, changedKeys };
  });
  for (const keyId of changedKeys) parts.forgetKey(keyId);
  return result;
}

/** Changes made at organization level are audited under the Default Pod, whose id is the organization's. */
async function audit(context: Context, operation: string, target: string | null): Promise<void> {
  const { scope, actor } = context;
  await insertAudit(context.tx, scope, {
    id: context.newId(),
    organizationId: scope.organizationId,
    podId: scope.podId ?? scope.organizationId,
    inboxId: scope.inboxId,
    actor: actor.name,
    keyId: actor.keyId,
    operation,
    target,
    at: context.now,
  });
}
