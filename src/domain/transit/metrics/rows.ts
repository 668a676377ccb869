/** The rows of a scope, in tables that name organization, pod and inbox. */
import { type RawBuilder, sql } from "kysely";
import type { Scope } from "../../door/access/index.ts";

/** Rows of the narrowest that the scope names: those begin its indexes. */
export const ofScope = ({ organizationId, podId, inboxId }: Scope): RawBuilder<boolean> => {
  if (inboxId !== null) return sql`pod_id = ${podId} and inbox_id = ${inboxId}`;
  return podId !== null ? sql`pod_id = ${podId}` : sql`organization_id = ${organizationId}`;
};
