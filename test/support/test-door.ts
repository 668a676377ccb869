/** A door on a database of its own, for tests of operations. */
import { randomBytes } from "node:crypto";
import {
  type Actor,
  type Authenticator,
  createAuthenticator,
  systemScope,
} from "../../src/domain/door/access/index.ts";
import { createDoor, type Door, type DoorParts } from "../../src/domain/door/door.ts";
import { Failure } from "../../src/domain/door/failures.ts";
import type { Operation, TargetKind } from "../../src/domain/door/operation.ts";
import type { At } from "../../src/domain/door/targets.ts";
import { prepareInstallation, type SecretSource } from "../../src/domain/fleet/installation/index.ts";
import { createLimitsInForce } from "../../src/domain/guardrails/policies/index.ts";
import { createFileFetcher } from "../../src/egress/http/fetch-files.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { Memory } from "../../src/lib/memory.ts";
import { createSealer, type Sealer } from "../../src/lib/seal.ts";
import { createIdSource } from "../../src/lib/uuid.ts";
import { extractText, type Format } from "../../src/protocols/documents/index.ts";
import { inProcessCodec } from "../../src/protocols/mime/index.ts";
import { type Database, openDatabase, type Tx } from "../../src/storage/db.ts";
import type { Engine } from "../../src/storage/engines/engine.ts";
import { openExternal } from "../../src/storage/engines/external.ts";
import { createDocumentTexts } from "../../src/workers/document-texts.ts";
import { createPasswordHashes } from "../../src/workers/password-hashes.ts";
import { createDatabase } from "./database.ts";
import { hardlyLimited } from "./mail-limits.ts";
import { createSeed, type Seed } from "./seed.ts";
import { sharedDkimKeys } from "./shared-dkim-keys.ts";
import { undeclared } from "./undeclared.ts";

/** Who runs an operation: the token of a key, which is looked up each time, or an actor. */
export type By = string | Actor;

/** Runs an operation through the door. @throws Failure */
export type Run = <Input, Output, Kind extends TargetKind>(
  by: By,
  operation: Operation<Input, Output, Kind>,
  at: At,
  input: Input,
) => Promise<Output>;

export interface TestDoor {
  readonly engine: Engine;
  readonly database: Database;
  readonly door: Door;
  /** What the door was made of, to make another that differs in one part. */
  readonly parts: DoorParts;
  readonly sealer: Sealer;
  readonly authenticator: Authenticator;
  /** Token of an unrestricted key of the first organization. */
  readonly rootToken: string;
  readonly organizationId: string;
  readonly run: Run;
  /** The failure that the operation ends with. @throws what is no Failure, and when it succeeds */
  refusal<Input, Kind extends TargetKind>(
    by: By,
    operation: Operation<Input, unknown, Kind>,
    at: At,
    input: Input,
  ): Promise<Failure>;
  readonly seed: Seed;
  /** Runs `work` as the system, to arrange or to look behind the door. */
  behind<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

/** In process: threads are tried where they are made. */
const textOf = async (content: Uint8Array, format: Format): Promise<string | null> =>
  extractText(Buffer.from(content), format, { inflatedBytes: 50 * 1024 * 1024, characters: 250_000 });

const maxMessageBytes = 1024 * 1024;

const installation = {
  domain: "rookery.localhost",
  mailHost: "mx.rookery.localhost",
  displayName: "Rookery",
  maxMessageBytes,
  limits: { ...hardlyLimited, attachmentBytes: maxMessageBytes, messageBytes: maxMessageBytes },
  sendsOut: false,
  threadSendsPerHour: 30,
  unsubscribeUrl: "https://mail.rookery.example/v0/unsubscribe/",
  allowPrivateTargets: true,
  eventRetentionDays: 30,
};

/** A secret that is known, as a setting is. */
const givenSecret = (secret: string): SecretSource => ({
  read: async () => secret,
  make: async () => ({ secret, made: false }),
});

/** Opens a door on a migrated database of its own, on the PostgreSQL of the run. */
export async function openTestDoor(): Promise<TestDoor> {
  const own = await createDatabase();
  const opened = await openDoorOn(await openExternal(own.url), 4);
  return {
    ...opened,
    async close() {
      await opened.close();
      await own.drop();
    },
  };
}

/** Opens a door on an engine whose database is migrated. @param connections bound of each pool */
export async function openDoorOn(engine: Engine, connections: number): Promise<TestDoor> {
  const database = openDatabase(engine, connections);
  const limitsInForce = createLimitsInForce(installation.limits);
  const sealKey = randomBytes(32);
  const sealer = createSealer(sealKey);
  const newId = createIdSource(Date.now, randomBytes);
  const rootToken = `am_us_${randomBytes(32).toString("hex")}`;
  const organizationId = await firstStart({ database, newId }, sealKey, rootToken);
  const fetcher = createFileFetcher({
    allowPrivate: installation.allowPrivateTargets,
    resolve: async () => ["127.0.0.1"],
    userAgent: "Rookery/test",
  });
  // Without notifications it caches no key: each call sees the key as it is stored.
  const authenticator = createAuthenticator(database, systemClock, () => undefined);
  const parts: DoorParts = {
    database,
    clock: systemClock,
    outside: {
      files: fetcher.fetchFiles,
      dkimKeys: sharedDkimKeys(),
      // A test that is about records brings name servers of its own.
      records: async () => new Map(),
      passwordHash: createPasswordHashes(),
      documentText: createDocumentTexts({ database, clock: systemClock, textOf }),
    },
    forgetKey: authenticator.forget,
    onUndeclared: undeclared,
    lent: {
      ...{ newId, random: randomBytes, sealer, mimeCodec: inProcessCodec, memory: new Memory() },
      installation: { ...installation, organizationId },
      ...{ limitsInForce, isShared: () => false },
    },
  };
  const door = createDoor(parts);
  const run: Run = async (by, operation, at, input) =>
    door.run(operation, typeof by === "string" ? await authenticator.authenticate(by) : by, at, input);
  return {
    engine,
    database,
    door,
    parts,
    sealer,
    authenticator,
    rootToken,
    organizationId,
    run,
    refusal: (by, operation, at, input) => refusalOf(operation.name, run(by, operation, at, input)),
    seed: createSeed(run, rootToken),
    behind: (work) => database.transaction(systemScope, work),
    async close() {
      fetcher.close();
      await database.close();
    },
  };
}

/** @returns the organization's id */
async function firstStart(
  parts: { readonly database: Database; readonly newId: () => string },
  sealKey: Buffer,
  rootToken: string,
): Promise<string> {
  const prepared = await prepareInstallation({
    ...parts,
    now: new Date(),
    sealKey: givenSecret(sealKey.toString("hex")),
    rootKey: { ...givenSecret(rootToken), replaces: true },
  });
  if ("refused" in prepared) throw new Error(prepared.refused);
  return prepared.organizationId;
}

async function refusalOf(name: string, act: Promise<unknown>): Promise<Failure> {
  try {
    await act;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error(`${name} was not refused`);
}
