import { zoneFile } from "../../../protocols/dns/zone-file.ts";
import { operation } from "../../door/operation.ts";
import { describe } from "./describe.ts";
import { type NamedDomain, requireDomain } from "./find.ts";

/** The records of a domain as text to import at its DNS provider (RFC 1035 section 5). */
export const getZoneFile = operation({
  name: "domain.zone_file",
  needs: ["domain_read"],
  on: "any",
  kind: "read",
  fails: ["object.not_found"],
  async run(context, input: NamedDomain): Promise<{ domain: string; text: string }> {
    const found = await requireDomain(context, input);
    const { records } = await describe(context, found);
    return { domain: found.domain, text: zoneFile(found.domain, records) };
  },
});
