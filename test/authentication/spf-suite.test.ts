/**
 * The test suite of RFC 7208 (release 2014.04, see fixtures/rfc7208-tests.LICENSE), asked of a name server through the resolver that
 * mail is judged with. As JSON; the original is YAML.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkSpf } from "../../src/egress/authentication/authenticate.ts";
import { nodeResolver } from "../../src/egress/dns/node-resolver.ts";
import { createResolver, type Resolver } from "../../src/egress/dns/resolver.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { type NameServer, startNameServer } from "../support/internet/name-server.ts";
import type { Zone } from "../support/internet/zone.ts";

type Entry = "TIMEOUT" | Readonly<Record<string, unknown>>;
interface Scenario {
  readonly description: string;
  readonly tests: Readonly<
    Record<string, { helo: string; host: string; mailfrom: string; result: string | readonly string[] }>
  >;
  readonly zonedata: Readonly<Record<string, readonly Entry[]>>;
}

// Cast: the fixture has this form.
const scenarios = JSON.parse(
  readFileSync(new URL("./fixtures/rfc7208-tests.json", import.meta.url), "utf8"),
) as readonly Scenario[];

/** Cases that come out otherwise: their names have `:`, `/`, `%` or spaces in a label, which our resolver asks nobody for. */
const MISSES: Readonly<Record<string, string>> = {
  "a-colon-domain": "neutral",
  "a-colon-domain-ip4mapped": "neutral",
  "mx-colon-domain": "neutral",
  "mx-colon-domain-ip4mapped": "neutral",
  "macro-mania-in-domain": "fail",
};

/** An alias is asked for with each of them. */
const RECORDS = ["A", "AAAA", "MX", "PTR", "TXT"] as const;

/** The suite says SPF for records that RFC 7208 has as TXT, unless there is a TXT of its own. */
function zoneOf(data: Scenario["zonedata"]): Zone {
  const zone: Zone = {};
  for (const [name, entries] of Object.entries(data)) {
    const records: Record<string, unknown> = {};
    const named = entries.filter((entry) => entry !== "TIMEOUT");
    const hasTxt = named.some((entry) => "TXT" in entry);
    for (const entry of named)
      for (const [type, value] of Object.entries(entry)) {
        const kept = type !== "SPF" ? type : hasTxt ? null : "TXT";
        if (kept === null || value === "NONE") continue;
        if (value === "TIMEOUT") records[kept] = "servfail";
        else if (kept === "CNAME") records[kept] = value;
        else records[kept] = [...(Array.isArray(records[kept]) ? records[kept] : []), textOf(value)];
      }
    if (entries.includes("TIMEOUT")) for (const type of RECORDS) records[type] ??= "servfail";
    zone[name.toLowerCase().replace(/\.$/, "")] = records;
  }
  for (const name of Object.keys(zone)) if (name.startsWith("error.")) zone[name] ??= "servfail";
  return zone;
}

const textOf = (value: unknown): string =>
  !Array.isArray(value) ? String(value) : value.join(typeof value[0] === "number" ? " " : "");

describe.each(scenarios)("$description", ({ tests, zonedata }) => {
  let dns: NameServer;
  let resolver: Resolver;
  beforeAll(async () => {
    dns = await startNameServer(zoneOf(zonedata));
    resolver = createResolver({ servers: [dns.server], clock: systemClock });
  });
  afterAll(() => {
    resolver.close();
    dns.close();
  });

  it.each(Object.entries(tests))("%s", async (name, { helo, host, mailfrom, result }) => {
    const resolve = nodeResolver({
      lookUp: resolver.lookUp,
      tenant: name,
      maxLookUps: 1000,
      signal: new AbortController().signal,
    });
    const mail = { raw: Buffer.alloc(0), clientAddress: host, clientName: helo, envelopeFrom: mailfrom };
    const verdict = await checkSpf(mail, { resolve, host: "receiver.test" }, 60_000);
    const expected = MISSES[name] === undefined ? [result].flat() : [MISSES[name]];
    expect(expected).toContain(verdict.result);
  });
});
