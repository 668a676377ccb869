/** SQL of domains that only send: mail to them is not taken here, but is for the servers that their MX records name. */
import { anyOf, type Tx } from "../../../storage/db.ts";
import type { SystemScope } from "../../door/access/index.ts";
import { namesUpwards } from "./usable.ts";

/**
 * Whether mail to names (lower-case) is refused, by the nearest domain of each: one that is verified, or the organization's own.
 * @returns asked with the organization of the inbox that would get the mail
 */
export async function findClosed(
  tx: Tx,
  scope: SystemScope,
  names: readonly string[],
): Promise<(name: string, organizationId: string) => boolean> {
  if (names.length === 0) return () => false;
  const upwards = new Map(names.map((name) => [name, namesUpwards(name)]));
  const rows = await tx
    .within(scope)
    .selectFrom("domains")
    .where("domain", "=", anyOf([...new Set([...upwards.values()].flat())]))
    .select(["domain", "organization_id", "status", "inbound_enabled"])
    .execute();
  const isClosed = (name: string, organizationId: string): boolean => {
    for (const above of upwards.get(name) ?? []) {
      const own = rows.filter(
        (row) =>
          row.domain === above && (row.status === "VERIFIED" || row.organization_id === organizationId),
      );
      if (own.length > 0) return own.every((row) => !row.inbound_enabled);
    }
    return false;
  };
  return rows.every((row) => row.inbound_enabled) ? () => false : isClosed;
}
