/**
 * Scope: which rows an actor may touch. Only this file can make one; everybody else imports the type. A look-alike
 * object does not compile (private fields make the class nominal), and narrowing is the only method it offers.
 */
import { RowScope } from "../../../storage/row-scope.ts";

export type ScopeLevel = "organization" | "pod" | "inbox";

/** An organization, one of its pods, or one inbox of a pod. */
class Scope extends RowScope {
  readonly organizationId: string;
  readonly podId: string | null;
  readonly inboxId: string | null;

  constructor(organizationId: string, podId: string | null, inboxId: string | null) {
    super({ system: false, organizationId, podId, inboxId });
    if (inboxId !== null && podId === null) throw new Error("an inbox scope needs its pod");
    this.organizationId = organizationId;
    this.podId = podId;
    this.inboxId = inboxId;
  }

  get level(): ScopeLevel {
    if (this.inboxId !== null) return "inbox";
    return this.podId === null ? "organization" : "pod";
  }

  /** The part of this scope inside one pod. Throws when the pod is not this scope's own. */
  narrowToPod(podId: string): Scope {
    if (this.podId !== null && this.podId !== podId) throw new Error("a scope cannot leave its pod");
    return new Scope(this.organizationId, podId, this.inboxId);
  }

  /** The part of this scope inside one inbox of a pod. Throws when either is not this scope's own. */
  narrowToInbox(podId: string, inboxId: string): Scope {
    if (this.inboxId !== null && this.inboxId !== inboxId) throw new Error("a scope cannot leave its inbox");
    return new Scope(this.organizationId, this.narrowToPod(podId).podId, inboxId);
  }
}

/** All rows, for what runs without a caller: sign-in, ingest, workers. */
class SystemScope extends RowScope {
  constructor() {
    super({ system: true });
  }
}

export type { Scope, SystemScope };

/** What store functions take: a caller's scope, or the system's. */
export type AnyScope = Scope | SystemScope;

/** Called by `domain/door/access` alone, from a verified key row or a resolved address. */
export function mintScope(organizationId: string, podId: string | null, inboxId: string | null): Scope {
  return new Scope(organizationId, podId, inboxId);
}

/** The scope of the system. Operations cannot get one; ingest and workers' domain functions can. */
export const systemScope: SystemScope = new SystemScope();
