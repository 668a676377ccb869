/** What is known of an organization that an agent made. */
export interface SignUp {
  readonly organizationId: string;
  readonly inboxId: string;
  /** The key that the last sign-up was given. */
  readonly keyId: string;
  /** Lower-case; null: nobody was named yet, so that the inbox only receives. */
  readonly humanEmail: string | null;
  readonly humansReplaced: number;
  /** HMAC of the code, under the seal key; null: none was made yet. */
  readonly codeHmac: string | null;
  readonly codeExpiresAt: Date | null;
  /** Null: the code waits to be mailed. */
  readonly codeMailedAt: Date | null;
  readonly codeTries: number;
  /** Codes made on `codesOn`, a day in UTC such as 2026-11-27. */
  readonly codes: number;
  readonly codesOn: string | null;
  /** Recipients written to on `sentOn`. */
  readonly sent: number;
  readonly sentOn: string | null;
  readonly verifiedAt: Date | null;
  readonly source: string | null;
  readonly referrer: string | null;
  /** Of the client that signed up; null: unknown. */
  readonly network: string | null;
  readonly createdAt: Date;
}

/** A day in UTC, as sign-ups count by. */
export const dayOf = (at: Date): string => at.toISOString().slice(0, 10);

/** True when the human has to be mailed a code: there is none that works, or it was never mailed. */
export const needsCode = ({ codeHmac, codeExpiresAt, codeMailedAt }: SignUp, now: Date): boolean =>
  codeHmac === null || codeMailedAt === null || codeExpiresAt === null || codeExpiresAt <= now;
