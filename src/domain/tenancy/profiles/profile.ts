/** What an organization shows of itself to clients, and what clients keep with it. */

/** An object as the caller gave it. */
export type KeptObject = Readonly<Record<string, unknown>>;

/** What is kept and given back as it was; each part is replaced as a whole. */
export interface Kept {
  readonly branding?: KeptObject;
  readonly hostedAuthentication?: KeptObject;
  readonly idpSettings?: KeptObject;
  readonly additionalSettings?: KeptObject;
  readonly domain?: string;
  readonly connectorName?: string;
  readonly connectorSettings?: KeptObject;
  readonly connectorScope?: readonly string[];
}

/** Where a client of the organization may be sent back to after it signed somebody in. Nothing here ever calls it. */
export interface CallbackUri {
  readonly id: string;
  readonly organizationId: string;
  readonly url: string;
  readonly platform: string;
  readonly settings: KeptObject;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface Profile {
  readonly organizationId: string;
  /** Of the organization. */
  readonly name: string;
  readonly kept: Kept;
  /** All of them, oldest first; none for a pod, as each may tell of another one's client. */
  readonly callbackUris: readonly CallbackUri[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
