/** SQL of domains whose mail is not taken here: that of those that only send is for the servers that their MX records name. */
import { anyOf, type Tx } from "../../../storage/db.ts";
import type { SystemScope } from "../../door/access/index.ts";
import { namesUpwards } from "./usable.ts";

/** Whose inbox would get the mail. */
interface Taker {
  readonly organizationId: string;
  readonly podId: string;
}

/**
 * Whether mail to names (lower-case) is refused, by the nearest domain of each, one that is verified or the organization's own: it only
 * sends, or another tenant has it verified.
 */
export async function findClosed(
  tx: Tx,
  scope: SystemScope,
  names: readonly string[],
): Promise<(name: string, taker: Taker) => boolean> {
  if (names.length === 0) return () => false;
  const upwards = new Map(names.map((name) => [name, namesUpwards(name)]));
  const rows = await tx
    .within(scope)
    .selectFrom("domains")
    .where("domain", "=", anyOf([...new Set([...upwards.values()].flat())]))
    .select(["domain", "organization_id", "pod_id", "status", "inbound_enabled"])
    .execute();
  const isOthers = (row: (typeof rows)[number], { organizationId, podId }: Taker): boolean =>
    row.organization_id !== organizationId ||
    // Inboxes of the Default Pod may be on their way to a pod's.
    (row.pod_id !== null && row.pod_id !== podId && row.pod_id !== organizationId);
  return (name, taker) => {
    for (const above of upwards.get(name) ?? []) {
      const own = rows.filter(
        (row) =>
          row.domain === above && (row.status === "VERIFIED" || row.organization_id === taker.organizationId),
      );
      const verified = own.find(({ status }) => status === "VERIFIED");
      if (verified !== undefined && isOthers(verified, taker)) return true;
      if (own.length > 0) return own.every((row) => !row.inbound_enabled);
    }
    return false;
  };
}
