/** SQL of mail whose time is over. Ids are UUIDs of version 7, so that a moment is a bound on them. */
import { type RawBuilder, sql } from "kysely";
import { firstIdAt } from "../../../lib/uuid.ts";

/** What goes: mail stored before, and junk and trash that became so before. Null: none. */
export interface Expiry {
  readonly storedBefore: Date | null;
  readonly junkBefore: Date | null;
}

/** Each condition on `messages` as the index has it that serves it: the primary key, and messages_junk. */
export const isStoredBefore = (before: Date): RawBuilder<boolean> =>
  sql<boolean>`id < ${firstIdAt(before.getTime())}::uuid`;
export const isJunkBefore = (before: Date): RawBuilder<boolean> =>
  sql<boolean>`labels && array['spam', 'blocked', 'unauthenticated', 'trash'] and updated_at < ${before}`;
