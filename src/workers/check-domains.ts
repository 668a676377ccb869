/** Job: look up the records of a domain again. Each check orders the next one. */
import { systemActor, systemActorAcrossPods } from "../domain/door/access/index.ts";
import type { Door } from "../domain/door/door.ts";
import { checkDomain } from "../domain/tenancy/domains/index.ts";
import type { Database } from "../storage/db.ts";
import type { Task } from "../storage/job-runner.ts";

const PART = "domain check";

export const checkDomainTask =
  ({ door, database }: { readonly door: Door; readonly database: Database }): Task =>
  async ({ domainId, podId, organizationId }) => {
    // A domain of the whole organization, whose id its Default Pod has.
    const actor =
      typeof podId === "string"
        ? await systemActor(database, PART, { podId })
        : await systemActorAcrossPods(database, PART, String(organizationId));
    if (actor !== null) await door.run(checkDomain, actor, {}, { domainId: String(domainId) });
  };
