/**
 * The sender of mail for other servers alone, as a process that a test kills many times: the same queue, worker and client as a server's, in a third
 * of the time that a server takes to start. Settings by environment; it says `ready` on a line of its own.
 */
import { randomBytes } from "node:crypto";
import { carrierOf, outboundLimitsOf } from "../../src/composition/carrier.ts";
import { watchDue } from "../../src/composition/due.ts";
import { loadConfig } from "../../src/config.ts";
import { createDoor } from "../../src/domain/door/door.ts";
import { createLimitsInForce } from "../../src/domain/guardrails/policies/index.ts";
import { createOutboundLook } from "../../src/domain/transit/outbound/index.ts";
import { createResolver } from "../../src/egress/dns/resolver.ts";
import { systemClock as clock } from "../../src/lib/clock.ts";
import { Memory } from "../../src/lib/memory.ts";
import { createSealer } from "../../src/lib/seal.ts";
import { createIdSource } from "../../src/lib/uuid.ts";
import { inProcessCodec } from "../../src/protocols/mime/index.ts";
import { openDatabase } from "../../src/storage/db.ts";
import { openExternal } from "../../src/storage/engines/external.ts";
import { createOutboundSending } from "../../src/workers/outbound/send-outbound.ts";

const CONNECTIONS = 8;

const config = loadConfig(process.env, process.cwd());
const warn = (reason: string, error: unknown): void => console.error(reason, error);
const notHere = (): never => {
  throw new Error("the sender asks for no work outside");
};
const engine = await openExternal(config.databaseUrl ?? "");
const database = openDatabase(engine, CONNECTIONS);
const newId = createIdSource(Date.now, randomBytes);
const installation = {
  // None of the sender's operations asks for it: they are of the pods that they name.
  organizationId: newId(),
  ...{ domain: config.domain, mailHost: config.domain, displayName: "Rookery", limits: config.limits },
  ...{ maxMessageBytes: config.maxMessageBytes, sendsOut: true, unsubscribeUrl: null },
  ...{ allowPrivateTargets: config.allowPrivateTargets },
  threadSendsPerHour: config.outbound.threadSendsPerHour,
  eventRetentionDays: config.retention.eventDays,
};
const door = createDoor({
  ...{ database, clock },
  forgetKey: () => undefined,
  outside: {
    ...{ files: notHere, dkimKeys: notHere, records: notHere, passwordHash: notHere },
    documentText: notHere,
  },
  lent: {
    ...{ newId, random: randomBytes, mimeCodec: inProcessCodec, memory: new Memory(), installation },
    sealer: createSealer(Buffer.from(process.env["ROOKERY_SEAL_KEY"] ?? "", "hex")),
    limitsInForce: createLimitsInForce(config.limits),
    isShared: () => true,
  },
});
const { resolve, lookUp } = createResolver({ servers: config.dnsServers, clock });
const outbound = createOutboundSending({
  ...{ door, database, warn, clock },
  carrier: carrierOf({ config, resolve, lookUp, clock, installation }),
  limits: outboundLimitsOf(config.outbound),
});
const look = createOutboundLook(database);
const nothing = (): void => undefined;
await watchDue(engine, {
  wake: { copies: nothing, webhooks: nothing, retries: nothing, drafts: nothing, outbound: outbound.wake },
  async look() {
    for (const podId of await look()) outbound.wake(podId);
  },
  warn,
});
console.log("ready");
