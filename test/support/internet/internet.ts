/**
 * An internet for tests: a name server, mail hosts on loopback addresses of their own (127.0.0.x) at one port, and an authority whose
 * certificates they show. A scenario is a script of each host.
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { type Authority, makeAuthority } from "./certificates.ts";
import { createMailHost, type HostScript, type MailHost } from "./mail-host.ts";
import { type NameServer, startNameServer } from "./name-server.ts";
import type { Zone } from "./zone.ts";

export interface Internet {
  readonly dns: NameServer;
  readonly authority: Authority;
  /** Of every mail host. */
  readonly port: number;
  /** Adds to the zone. */
  zone(more: Zone): void;
  /** A host at an address of its own, which has a name and takes no domain's mail yet. */
  host(name: string, script?: HostScript): Promise<MailHost>;
  /** A domain with one host, `mx.<domain>`. */
  domain(name: string, script?: HostScript): Promise<MailHost>;
  close(): void;
}

/** Addresses are 127.0.0.2 and so on: Linux has all of 127/8, other systems the first alone. */
const FIRST_ADDRESS = 2;
const PORTS_TRIED = 20;

export async function startInternet(): Promise<Internet> {
  const dns = await startNameServer({});
  const authority = await makeAuthority();
  const hosts: MailHost[] = [];
  let port = 0;
  const zone = (more: Zone): void => void Object.assign(dns.zone, more);
  const listen = async (host: MailHost): Promise<string> => {
    const address = `127.0.0.${FIRST_ADDRESS + hosts.length}`;
    for (let tries = 0; tries < PORTS_TRIED; tries++) {
      host.server.listen(port, address);
      const isBound = await once(host.server, "listening").then(
        () => true,
        () => false,
      );
      if (isBound) {
        // Cast: an address of TCP.
        port = (host.server.address() as AddressInfo).port;
        hosts.push(host);
        return address;
      }
    }
    throw new Error(`port ${port} is taken at ${address}`);
  };
  const add = async (name: string, script: HostScript): Promise<MailHost> => {
    const made = createMailHost(name, authority, script);
    zone({ [name]: [await listen(made)] });
    return made;
  };
  return {
    ...{ dns, authority, zone },
    get port() {
      return port;
    },
    host: (name, script = {}) => add(name, script),
    async domain(name, script = {}) {
      const made = await add(`mx.${name}`, script);
      zone({ [name]: { MX: [`10 mx.${name}`] } });
      return made;
    },
    close() {
      dns.close();
      for (const { server, dropAll } of hosts) {
        server.close();
        dropAll();
      }
    },
  };
}
