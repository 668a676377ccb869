/** SQL of sign-ups. */
import { sql } from "kysely";
import type { Tx } from "../../../storage/db.ts";
import type { AnyScope, Scope, SystemScope } from "../../door/access/index.ts";
import type { SignUp } from "./sign-up.ts";

/** Makes the organization of the scope, which is not there yet; see migrations/0041_keys_and_sign_up.sql. */
export async function foundOrganization(tx: Tx, scope: Scope, name: string, at: Date): Promise<void> {
  await sql`select rookery_found_organization(${name}, ${at}::timestamptz)`.execute(tx.within(scope));
}

export async function verifyOrganization(tx: Tx, scope: Scope, at: Date): Promise<void> {
  await sql`select rookery_verify_organization(${at}::timestamptz)`.execute(tx.within(scope));
}

/** Whether the agent of another organization than the scope's has named the human. */
export async function isHumanKnown(tx: Tx, scope: Scope, email: string): Promise<boolean> {
  const { rows } = await sql<{ known: boolean }>`select rookery_human_is_known(${email}) as known`.execute(
    tx.within(scope),
  );
  return rows[0]?.known === true;
}

/** Which of the names are verified domains here, whoever has them. */
export async function hasHostedDomain(tx: Tx, scope: Scope, names: readonly string[]): Promise<boolean> {
  const { rows } = await sql`select domain from rookery_verified_domains(${[...names]}::text[])`.execute(
    tx.within(scope),
  );
  return rows.length > 0;
}

const columns = (tx: Tx, scope: AnyScope) =>
  tx
    .within(scope)
    .selectFrom("sign_ups")
    .select([
      "organization_id as organizationId",
      "inbox_id as inboxId",
      "key_id as keyId",
      "human_email as humanEmail",
      "humans_replaced as humansReplaced",
      "code_hmac as codeHmac",
      "code_expires_at as codeExpiresAt",
      "code_mailed_at as codeMailedAt",
      "code_tries as codeTries",
      "codes",
      "sent",
      "verified_at as verifiedAt",
      "source",
      "referrer",
      "network",
      "created_at as createdAt",
    ])
    .select([
      sql<string | null>`codes_on::text`.as("codesOn"),
      sql<string | null>`sent_on::text`.as("sentOn"),
    ]);

/** The sign-up of the scope's organization, held until the transaction ends; null when no agent made it. */
export async function lockSignUp(tx: Tx, scope: Scope): Promise<SignUp | null> {
  const row = await columns(tx, scope)
    .where("organization_id", "=", scope.organizationId)
    .forUpdate()
    .executeTakeFirst();
  return row ?? null;
}

/** Writes a sign-up, new or changed. @returns false when the human is another's meanwhile */
export async function saveSignUp(tx: Tx, scope: Scope, signUp: SignUp): Promise<boolean> {
  const row = {
    inbox_id: signUp.inboxId,
    key_id: signUp.keyId,
    human_email: signUp.humanEmail,
    humans_replaced: signUp.humansReplaced,
    code_hmac: signUp.codeHmac,
    code_expires_at: signUp.codeExpiresAt,
    code_mailed_at: signUp.codeMailedAt,
    code_tries: signUp.codeTries,
    codes: signUp.codes,
    codes_on: signUp.codesOn,
    sent: signUp.sent,
    sent_on: signUp.sentOn,
    verified_at: signUp.verifiedAt,
    source: signUp.source,
    referrer: signUp.referrer,
    network: signUp.network,
    created_at: signUp.createdAt,
  };
  const { organizationId } = signUp;
  const known = await isHumanKnownTo(tx, scope, signUp);
  if (known) return false;
  const saved = await tx
    .within(scope)
    .insertInto("sign_ups")
    .values({ organization_id: organizationId, ...row })
    .onConflict((on) => on.column("organization_id").doUpdateSet(row))
    .returning("organization_id")
    .execute();
  return saved.length > 0;
}

/** Says how many recipients an organization has mailed on a day. One statement: COMMIT may be sent behind it. */
export const saveSends = (
  tx: Tx,
  scope: Scope,
  { organizationId, sent, sentOn }: Pick<SignUp, "organizationId" | "sent" | "sentOn">,
): Promise<unknown> =>
  tx
    .within(scope)
    .updateTable("sign_ups")
    .set({ sent, sent_on: sentOn })
    .where("organization_id", "=", organizationId)
    .execute();

const isHumanKnownTo = (tx: Tx, scope: Scope, { humanEmail }: SignUp): Promise<boolean> =>
  humanEmail === null ? Promise.resolve(false) : isHumanKnown(tx, scope, humanEmail);

/** The organization whose agent named the human; null: none. */
export async function findOrganizationOfHuman(
  tx: Tx,
  scope: SystemScope,
  email: string,
): Promise<string | null> {
  const row = await tx
    .within(scope)
    .selectFrom("sign_ups")
    .where("human_email", "=", email)
    .select("organization_id")
    .executeTakeFirst();
  return row?.organization_id ?? null;
}

/** When the sign-ups of a network since a moment were, at most `most`, the oldest first. */
export async function findSignUpTimes(
  tx: Tx,
  scope: SystemScope,
  network: string,
  since: Date,
  most: number,
): Promise<Date[]> {
  const rows = await tx
    .within(scope)
    .selectFrom("sign_ups")
    .where("network", "=", network)
    .where("created_at", ">", since)
    .select("created_at")
    .orderBy("created_at")
    .limit(most)
    .execute();
  return rows.map((row) => row.created_at);
}
