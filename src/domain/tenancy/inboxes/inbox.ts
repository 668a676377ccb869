/** An inbox: one address, one agent. `address` is lower-case and unique in the whole installation. */
export interface Inbox {
  readonly id: string;
  readonly podId: string;
  readonly organizationId: string;
  readonly address: string;
  readonly displayName: string | null;
  readonly clientId: string | null;
  readonly metadata: Metadata | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export type Metadata = Readonly<Record<string, string | number | boolean>>;
