import { operation } from "../../door/operation.ts";
import { checkJob, FIRST_CHECK_MS } from "./check-schedule.ts";
import { type DescribedDomain, describe } from "./describe.ts";
import { dkimKeyOf } from "./dkim-key.ts";
import { type NamedDomain, requireDomainToChange } from "./find.ts";
import { findDkimKeys, insertDkimKeys } from "./key-store.ts";
import { orderKeys } from "./make.ts";

/**
 * Gives a domain a second key of each algorithm, whose record is to be published beside that of the first. Each signs as soon as its
 * record is seen; until then the first one does, and its record stays listed until what it signed is out. While keys wait for their
 * records, no others are made. @throws Failure object.not_found, service.unavailable
 */
export const rotateDkimKeys = operation({
  name: "domain.rotate_dkim",
  needs: ["domain_update"],
  on: "any",
  kind: "write",
  fails: ["object.not_found"],
  async run(context, named: NamedDomain): Promise<DescribedDomain> {
    const { tx, scope } = context;
    const found = await requireDomainToChange(context, named);
    const keys = (await findDkimKeys(tx, scope, [found.id])).get(found.id) ?? [];
    if (!keys.some(({ state }) => state === "next")) {
      const [pairs = []] = orderKeys(context, 1);
      await insertDkimKeys(
        tx,
        scope,
        pairs.map((pair) => ({ domain: found, key: dkimKeyOf(context, pair, "next") })),
      );
      context.enqueue(checkJob(found, FIRST_CHECK_MS));
    }
    return describe(context, found);
  },
});
