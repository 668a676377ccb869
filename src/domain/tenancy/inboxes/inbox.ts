import type { ScopeLevel } from "../../door/access/index.ts";

/** An inbox: one address, one agent. `address` is lower-case and unique in the whole installation. */
export interface Inbox {
  readonly id: string;
  readonly podId: string;
  readonly organizationId: string;
  readonly address: string;
  readonly displayName: string | null;
  readonly clientId: string | null;
  readonly metadata: Metadata | null;
  /** The caller's own word, given back as it was. */
  readonly state: string | null;
  /** Since when it is paused itself; its pod or its organization may be so besides. */
  readonly pausedAt: Date | null;
  /** The widest key that paused it: a narrower one may not resume it. Null when it is not paused. */
  readonly pausedFrom: ScopeLevel | null;
  /** The pod that it is on its way to: until it is there it can be neither read nor written. */
  readonly movingTo: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type Metadata = Readonly<Record<string, string | number | boolean>>;
