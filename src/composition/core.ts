/** What every service is built on: the door and what it lends, sign-in, and the receiver of mail. */
import { randomBytes } from "node:crypto";
import { setTimeout as timeout } from "node:timers/promises";
import type { Config } from "../config.ts";
import { createAuthenticator, KEY_CHANNEL } from "../domain/door/access/index.ts";
import type { Installation, Lent } from "../domain/door/context.ts";
import { createDoor, type Door, type DoorParts } from "../domain/door/door.ts";
import type { Warn } from "../domain/door/failures.ts";
import { createLimitsInForce } from "../domain/guardrails/policies/index.ts";
import { openLink } from "../domain/mail/files/index.ts";
import { createNewcomers } from "../domain/tenancy/sign-ups/index.ts";
import { createPostmaster, createReceiver } from "../domain/transit/arrivals/index.ts";
import { createReturns } from "../domain/transit/feedback/index.ts";
import { createSubmitter } from "../domain/transit/sends/index.ts";
import type { GuardParts } from "../egress/http/guarded-request.ts";
import type { Log } from "../lib/log.ts";
import type { LoopTurns } from "../lib/loop-turns.ts";
import { Memory } from "../lib/memory.ts";
import { createSealer } from "../lib/seal.ts";
import type { LookUp } from "../protocols/dns/look-up.ts";
import type { Engine } from "../storage/engines/engine.ts";
import { listen } from "../storage/listen.ts";
import type { HttpParts } from "../transport/http/app.ts";
import { tokenOfLink } from "../transport/http/files.ts";
import { createKnownSenders, createMailBudget } from "../transport/smtp/transfers.ts";
import { createOwnFiles } from "../workers/own-files.ts";
import type { Places } from "./descriptors.ts";
import { createJudge, type JudgeParts } from "./judge-mail.ts";
import type { MemoryBounds } from "./memory.ts";
import type { Metrics } from "./metrics.ts";

export interface CoreParts
  extends Pick<DoorParts, "database" | "clock" | "outside" | "onUndeclared">,
    Pick<Lent, "newId" | "mimeCodec"> {
  readonly log: Log;
  /** Logs a tolerated error. */
  readonly warn: Warn;
  readonly engine: Engine;
  readonly bounds: MemoryBounds;
  readonly places: Places;
  readonly turns: LoopTurns;
  readonly sealKey: Buffer;
  /** The organization made at first start. */
  readonly organizationId: string;
  readonly dialects: HttpParts["dialects"];
  /** Addresses of a host name. */
  readonly resolve: GuardParts["resolve"];
  /** Records of a name. */
  readonly lookUp: LookUp;
  readonly verifySignatures: JudgeParts["verifySignatures"];
  readonly rspamd: JudgeParts["rspamd"];
  readonly metrics: Metrics;
}

const pause = (ms: number): Promise<void> => timeout(ms, undefined, { ref: false });

const installationOf = (config: Config, organizationId: string): Installation => ({
  organizationId,
  domain: config.domain,
  mailHost: config.domain,
  displayName: "Rookery",
  maxMessageBytes: config.maxMessageBytes,
  limits: config.limits,
  sendsOut: config.outbound.way !== "capture",
  threadSendsPerHour: config.outbound.threadSendsPerHour,
  unsubscribeUrl: config.publicUrl === null ? null : `${config.publicUrl}/v0/unsubscribe/`,
  allowPrivateTargets: config.allowPrivateTargets,
  eventRetentionDays: config.retention.eventDays,
});

export function createCore(config: Config, parts: CoreParts) {
  const { database, clock, newId, warn, outside, mimeCodec, bounds, turns, onUndeclared } = parts;
  const installation = installationOf(config, parts.organizationId);
  const limitsInForce = createLimitsInForce(config.limits);
  const sealer = createSealer(parts.sealKey);
  const memory = new Memory();
  const authenticator = createAuthenticator(database, clock, warn, bounds.keys);
  const ownFiles = createOwnFiles({
    tokenOf: (url) => tokenOfLink(parts.dialects, url),
    open: (token) => openLink({ door, database, sealer, clock }, token),
    fetchFiles: outside.files,
  });
  const door: Door = createDoor({
    database,
    clock,
    outside: { ...outside, files: ownFiles },
    forgetKey: authenticator.forget,
    ...(onUndeclared !== undefined && { onUndeclared }),
    lent: {
      ...{ newId, sealer, mimeCodec, memory, installation, limitsInForce },
      random: randomBytes,
      isShared: () => turns.isShared(),
    },
  });
  const postmaster = createPostmaster({
    door,
    database,
    organizationId: parts.organizationId,
    domain: config.domain,
    address: config.postmaster,
  });
  const { mailHost } = installation;
  const { onFiltered } = parts.metrics;
  const judge = createJudge(config.inbound, { ...parts, host: mailHost, onFiltered });
  const unmeasured = createReceiver({
    ...{ database, clock, newId, mailHost, mimeCodec, memory, postmaster, limitsInForce, turns },
    ownDomain: installation.domain,
    maxGroupBytes: bounds.groupBytes,
    largeMails: bounds.largeMails,
    ...(judge !== null && { judge }),
  });
  const newcomers = createNewcomers({ database, clock, newId, isOpen: config.signUp });
  const receiver = parts.metrics.measured(unmeasured);
  const returns = createReturns({ door, database, sealer, clock });
  const knownSenders = createKnownSenders(() => clock.monotonicMs());
  const mailBudget = createMailBudget(bounds.smtpBytes, knownSenders);
  const submitter = createSubmitter({
    ...{ door, database, authenticator, mimeCodec, newId, clock, pause },
    largeMails: bounds.largeMails,
  });
  return {
    ...parts,
    ...{ config, sealer, installation, door, authenticator },
    ...{ newcomers, receiver, returns, submitter, mailBudget, knownSenders },
  };
}

export type Core = ReturnType<typeof createCore>;

/** Looks keys up anew when another process has changed them. @returns what ends it */
export function listenForKeys({ engine, authenticator }: Core): Promise<() => Promise<void>> {
  return listen(engine, {
    channel: KEY_CHANNEL,
    onNotice: (keyId) => authenticator.forget(keyId === "" ? null : keyId),
    onState: (connected) => authenticator.listening(connected),
  });
}
