/**
 * The installation's own secrets: their files and settings on one side, the database on the other. What a start does about them,
 * and what commands do that work on the database without a server.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Config } from "./config.ts";
import {
  findSealLoss,
  type Inspection,
  inspectInstallation,
  isNotable,
  isTooFar,
  listOrganizationKeys,
  prepareInstallation,
  type RootKeySource,
  type RootKeyState,
  resetSeal,
  revokeKeys,
  type SealLoss,
  type SecretSource,
  type StartRefusal,
} from "./domain/fleet/installation/index.ts";
import type { OrganizationKey } from "./domain/tenancy/api-keys/index.ts";
import { type KeyFile, makeKeyFile, readKeyFile, rootKeyFile, sealKeyFile } from "./key-files.ts";
import { systemClock } from "./lib/clock.ts";
import type { Log } from "./lib/log.ts";
import { createIdSource } from "./lib/uuid.ts";
import { SetupError, StartError } from "./start-error.ts";
import {
  anotherRootKey,
  clocksDiffer,
  narrowRootKey,
  replacedRootKeys,
  revokedRootKey,
  rootKeyElsewhere,
  sealKeyRefusal,
  severalRootKeys,
  wrongClock,
} from "./start-refusals.ts";
import { type Database, openDatabase } from "./storage/db.ts";
import type { Engine } from "./storage/engines/engine.ts";
import { openEngine } from "./storage/engines/open-engine.ts";
import { findIsolationFaults, type IsolationFault, isolationSentence } from "./storage/isolation.ts";
import { countListeners } from "./storage/listen.ts";
import { outstandingMigrations } from "./storage/migrate.ts";

/** Of a secret that a start makes. */
const SECRET_BYTES = 32;

/** A setting, or else a file of the data directory. */
function secretOf(config: Config, setting: string | null, file: KeyFile, prefix: string): SecretSource {
  return {
    read: async () => setting ?? (await readKeyFile(config.dataDir, file)),
    async make() {
      const secret = prefix + randomBytes(SECRET_BYTES).toString("hex");
      const kept = await makeKeyFile(config.dataDir, file, secret);
      return { secret: kept, made: kept === secret };
    },
  };
}

const sealKeyOf = (config: Config): SecretSource => secretOf(config, config.sealKey, sealKeyFile, "");

const rootKeyOf = (config: Config): RootKeySource => ({
  ...secretOf(config, config.apiKey, rootKeyFile, "am_us_"),
  replaces: config.apiKey !== null,
});

/** What a server needs of the installation to run. */
export interface Installed {
  readonly organizationId: string;
  readonly sealKey: Buffer;
  /** Null: this process holds no root key that is in force. */
  readonly rootKey: string | null;
  /** Path of the file with the root key; null when a setting gave it, or there is none. */
  readonly keyFile: string | null;
  readonly rootKeyIsNew: boolean;
}

/** @throws SetupError when the seal key or the root key of this process is not the database's; StartError when its clock is far from the database's */
export async function install(
  config: Config,
  parts: { readonly database: Database; readonly newId: () => string; readonly now: Date; readonly log: Log },
): Promise<Installed> {
  const { log, ...rest } = parts;
  const prepared = await prepareInstallation({
    ...rest,
    sealKey: sealKeyOf(config),
    rootKey: rootKeyOf(config),
  });
  if ("refused" in prepared) throw errorOf(prepared, config);
  const { secret, isNew, state } = prepared.rootKey;
  const notice = noticeOn(state, config);
  if (notice !== null) log.warn({}, notice);
  if (isNotable(prepared.clockLeadMs)) log.warn({}, clocksDiffer(prepared.clockLeadMs));
  return {
    organizationId: prepared.organizationId,
    sealKey: Buffer.from(prepared.sealKey, "hex"),
    rootKey: secret,
    keyFile: secret === null || config.apiKey !== null ? null : join(config.dataDir, rootKeyFile.name),
    rootKeyIsNew: isNew,
  };
}

/** @returns a StartError where starting again may help: a clock may be set by itself */
function errorOf(refusal: StartRefusal, config: Config): StartError {
  switch (refusal.refused) {
    case "seal key absent":
      return new SetupError(sealKeyRefusal(config, "absent", refusal.sealed));
    case "seal key wrong":
      return new SetupError(sealKeyRefusal(config, "wrong", refusal.sealed));
    case "another root key":
      return new SetupError(anotherRootKey(config.dataDir, refusal.live));
    case "narrow root key":
      return new SetupError(narrowRootKey());
    case "wrong clock":
      return new StartError(wrongClock(refusal.leadMs));
  }
}

/** What an operator should know of the root key; null when all is well. */
function noticeOn(state: RootKeyState, config: Config): string | null {
  switch (state.is) {
    case "elsewhere":
      return rootKeyElsewhere(config.dataDir, state.live);
    case "revoked":
      return revokedRootKey(config);
    case "in force":
      return state.others.length === 0 ? null : severalRootKeys(state.others);
    case "another":
      return state.live.length === 0 ? null : replacedRootKeys(state.live);
    case "none":
      return null;
  }
}

/** The database without a server on it. */
export interface Maintenance {
  readonly engine: Engine;
  readonly outstanding: readonly string[];
  /** @param most bound of the answer. @returns newest first */
  listKeys(most: number): Promise<OrganizationKey[]>;
  /** @returns those that there were */
  revokeKeys(ids: readonly string[]): Promise<OrganizationKey[]>;
  inspect(): Promise<Readonly<Record<"isolation" | "seal" | "rootKey" | "clock", Finding>>>;
  findSealLoss(): Promise<SealLoss>;
  /** @throws StartError while a server runs on the database */
  resetSeal(): Promise<void>;
}

/** What was found of a secret, and whether a server can run with it. */
export interface Finding {
  readonly ok: boolean;
  readonly detail: string;
}

/**
 * Runs `work` on the database of the settings, and closes it.
 * @param onOpening told of the engine, so that it can be stopped before `work` is done
 * @throws EngineError when it cannot be opened
 */
export async function maintain<Result>(
  config: Config,
  log: Log,
  work: (maintenance: Maintenance) => Promise<Result>,
  onOpening: (engine: Promise<Engine>) => void,
): Promise<Result> {
  const opening = openEngine(config, (line) => log.info({}, line));
  onOpening(opening);
  const engine = await opening;
  try {
    const outstanding = await outstandingMigrations(engine);
    const database = openDatabase(engine, 1);
    try {
      return await work(maintenanceOf(config, { engine, outstanding, database }));
    } finally {
      await database.close();
    }
  } finally {
    await engine.stop();
  }
}

function maintenanceOf(
  config: Config,
  parts: { readonly engine: Engine; readonly outstanding: readonly string[]; readonly database: Database },
): Maintenance {
  const { engine, outstanding, database } = parts;
  const newId = createIdSource(() => systemClock.now().getTime(), randomBytes);
  const [sealKey, rootKey] = [sealKeyOf(config), rootKeyOf(config)];
  const migrated = (): void => {
    if (outstanding.length > 0)
      throw new SetupError("The schema is not that of this version. Run `rookery migrate` first.");
  };
  return {
    engine,
    outstanding,
    async listKeys(most) {
      migrated();
      return listOrganizationKeys(database, most);
    },
    async revokeKeys(ids) {
      migrated();
      return revokeKeys(database, ids, { newId, now: systemClock.now() });
    },
    async inspect() {
      migrated();
      const isolation = isolationFinding(await findIsolationFaults(engine));
      const broken = { seal: await faultOf(sealKey), rootKey: await faultOf(rootKey) };
      const found = await inspectInstallation({
        database,
        sealKey: broken.seal === null ? sealKey : unreadable,
        rootKey: broken.rootKey === null ? rootKey : unreadable,
        now: () => systemClock.now(),
      });
      const { seal, rootKey: root } = findingsOf(found, config);
      const clock = clockFinding(found.clockLeadMs);
      return { isolation, seal: broken.seal ?? seal, rootKey: broken.rootKey ?? root, clock };
    },
    async findSealLoss() {
      migrated();
      return findSealLoss(database, sealKey);
    },
    async resetSeal() {
      migrated();
      // It would go on sealing with the key that it began with.
      if ((await countListeners(engine)) > 0)
        throw new StartError("A Rookery runs on this database. Stop all of them, then run this again.");
      await resetSeal({ database, sealKey, random: randomBytes, newId, now: systemClock.now() });
    },
  };
}

/** In place of one whose file is broken, so that the rest is inspected all the same. */
const unreadable: Pick<SecretSource, "read"> = { read: async () => null };

/** What is wrong with the file of a secret; null when it can be read, or is not there. */
async function faultOf(source: SecretSource): Promise<Finding | null> {
  try {
    await source.read();
    return null;
  } catch (error) {
    if (error instanceof SetupError) return { ok: false, detail: error.message };
    throw error;
  }
}

const clockFinding = (leadMs: number): Finding => ({
  ok: !isTooFar(leadMs),
  detail: isNotable(leadMs) ? clocksDiffer(leadMs) : "as the database's",
});

const isolationFinding = (faults: readonly IsolationFault[]): Finding =>
  faults.length === 0
    ? { ok: true, detail: "row-level security, policies and grants are those of this version" }
    : { ok: false, detail: isolationSentence(faults) };

function findingsOf({ seal, rootKey }: Inspection, config: Config): { seal: Finding; rootKey: Finding } {
  const detail = {
    unused: "nothing is sealed yet",
    right: "opens what the database holds",
  };
  return {
    seal:
      seal.is === "unused" || seal.is === "right"
        ? { ok: true, detail: detail[seal.is] }
        : { ok: false, detail: sealKeyRefusal(config, seal.is, seal.sealed) },
    rootKey: rootKeyFinding(rootKey, config),
  };
}

function rootKeyFinding(state: RootKeyState, config: Config): Finding {
  const refused = state.is === "another" && state.live.length > 0 && config.apiKey === null;
  if (refused) return { ok: false, detail: anotherRootKey(config.dataDir, state.live) };
  if (state.is === "another" && state.live.length > 0)
    return { ok: true, detail: "the next start puts ROOKERY_API_KEY in its place" };
  const notice = noticeOn(state, config);
  if (notice !== null) return { ok: state.is !== "in force", detail: notice };
  return state.is === "in force"
    ? {
        ok: true,
        detail: `${state.key.prefix}..., from ${config.apiKey === null ? rootKeyFile.name : "ROOKERY_API_KEY"}`,
      }
    : { ok: true, detail: "the next start makes it" };
}
