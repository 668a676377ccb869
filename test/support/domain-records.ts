/** A test's name servers, and the records of domains published there. */

import { createDoor } from "../../src/domain/door/door.ts";
import { createRecordLookUp } from "../../src/egress/dns/record-look-up.ts";
import { createResolver } from "../../src/egress/dns/resolver.ts";
import { type NameServer, startNameServer } from "./internet/name-server.ts";
import type { Records, Zone } from "./internet/zone.ts";
import type { Run, TestDoor } from "./test-door.ts";

export interface DomainRecords {
  readonly dns: NameServer;
  readonly zone: Zone;
  /** As the test door's, on a door that asks the name server, and whose clock is `now`. */
  readonly run: Run;
  /** Moves the door's clock, milliseconds. */
  later(ms: number): void;
  close(): void;
}

export async function openDomainRecords(t: TestDoor): Promise<DomainRecords> {
  const dns = await startNameServer({});
  let aheadMs = 0;
  const { clock } = t.parts;
  const ahead = {
    now: () => new Date(clock.now().getTime() + aheadMs),
    monotonicMs: () => clock.monotonicMs() + aheadMs,
  };
  const resolver = createResolver({ servers: [dns.server], clock: ahead });
  const door = createDoor({
    ...t.parts,
    clock: ahead,
    outside: { ...t.parts.outside, records: createRecordLookUp(resolver.lookUp) },
  });
  return {
    dns,
    zone: dns.zone,
    run: async (by, operation, at, input) =>
      door.run(operation, typeof by === "string" ? await t.authenticator.authenticate(by) : by, at, input),
    later(ms) {
      aheadMs += ms;
    },
    close() {
      resolver.close();
      dns.close();
    },
  };
}

/** A record that is listed, by the domain or by a client. */
interface Listed {
  readonly type: string;
  readonly name: string;
  readonly value: string;
  readonly priority?: number | undefined;
}

/** Publishes the records that a domain lists, as its owner would. */
export function publish(zone: Zone, { records }: { readonly records: readonly Listed[] }): void {
  for (const { type, name, value, priority } of records) {
    // Cast: entries made here are records.
    const entry = (zone[name] ?? {}) as Records;
    if (type === "CNAME") zone[name] = { ...entry, CNAME: value };
    else zone[name] = { ...entry, [type]: [priority === undefined ? value : `${priority} ${value}`] };
  }
}
