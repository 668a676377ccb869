/** What this machine says of names: its hosts file and its name servers. */
import { Resolver as NodeResolver } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import type { Clock } from "../../lib/clock.ts";
import { codeOf } from "../../lib/error-code.ts";
import { readHostsFile } from "../../protocols/dns/hosts-file.ts";

export interface SystemParts {
  /** As node:dns takes them; null: those of the system. */
  readonly servers: readonly string[] | null;
  readonly clock: Clock;
  /** Path. */
  readonly hostsFile?: string;
}

export interface NameSystem {
  /** Addresses by name in lower case. */
  hosts(): Promise<ReadonlyMap<string, readonly string[]>>;
  /** @throws what node:dns says of it, and after `cancel` */
  ask<Records>(question: (servers: NodeResolver) => Promise<Records>): Promise<Records>;
  /** Ends all look-ups, and lets none begin. */
  cancel(): void;
}

/** Milliseconds that a server has to answer, and tries: a lost packet is repeated. */
const ANSWER_MS = 1000;
const TRIES = 2;
/** Milliseconds between readings of the system's files. */
const FILES_KEPT_MS = 30_000;
const HOSTS_FILE = "/etc/hosts";
/**
 * A nonsensical answer, or a connection that is cut, ends whatever c-ares asked the same server meanwhile: so one tenant's name could
 * spoil the look-ups of all. What ended so is asked once more, over sockets of its own.
 */
const SPOILED: ReadonlySet<string> = new Set(["EBADRESP", "ECONNREFUSED"]);

export function openNameSystem({ servers, clock, hostsFile = HOSTS_FILE }: SystemParts): NameSystem {
  let readAt = Number.NEGATIVE_INFINITY;
  let reading: Promise<void> | null = null;
  let hosts: ReadonlyMap<string, readonly string[]> = new Map();
  let resolver = newResolver(servers);
  /** Its look-ups may still be under way. */
  let previous = resolver;
  const alone = new Set<NodeResolver>();
  let isCancelled = false;
  const read = async (): Promise<void> => {
    hosts = readHostsFile(await readFile(hostsFile, "utf8").catch(() => ""));
    // A new one reads resolv.conf.
    [previous, resolver] = [resolver, newResolver(servers)];
    readAt = clock.monotonicMs();
  };
  const refresh = async (): Promise<void> => {
    if (clock.monotonicMs() - readAt < FILES_KEPT_MS) return;
    reading ??= read().finally(() => {
      reading = null;
    });
    await reading;
  };
  return {
    async hosts() {
      await refresh();
      return hosts;
    },
    async ask(question) {
      await refresh();
      const refuseLate = (): void => {
        if (isCancelled) throw new Error("the process stops");
      };
      refuseLate();
      try {
        return await question(resolver);
      } catch (error) {
        if (!SPOILED.has(codeOf(error))) throw error;
      }
      refuseLate();
      const own = newResolver(servers);
      alone.add(own);
      return question(own).finally(() => alone.delete(own));
    },
    cancel() {
      isCancelled = true;
      for (const one of [previous, resolver, ...alone]) one.cancel();
    },
  };
}

function newResolver(servers: readonly string[] | null): NodeResolver {
  const resolver = new NodeResolver({ timeout: ANSWER_MS, tries: TRIES, maxTimeout: ANSWER_MS });
  if (servers !== null) resolver.setServers(servers);
  return resolver;
}
