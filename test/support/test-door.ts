/** A door on a database of its own, for tests of operations and their routes without a server. */
import { randomBytes } from "node:crypto";
import { type Authenticator, createAuthenticator, systemScope } from "../../src/domain/door/access/index.ts";
import { createDoor, type Door, type DoorParts } from "../../src/domain/door/door.ts";
import { Failure } from "../../src/domain/door/failures.ts";
import { givenSecret, prepareInstallation } from "../../src/domain/fleet/installation/index.ts";
import { createFileFetcher } from "../../src/egress/http/fetch-files.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { createSealer, type Sealer } from "../../src/lib/seal.ts";
import { createIdSource } from "../../src/lib/uuid.ts";
import { inProcessCodec } from "../../src/protocols/mime/index.ts";
import { type Database, openDatabase, type Tx } from "../../src/storage/db.ts";
import type { Engine } from "../../src/storage/engines/engine.ts";
import { openExternal } from "../../src/storage/engines/external.ts";
import { InvalidRequest } from "../../src/transport/http/dialect/invalid-request.ts";
import type { RouteAnswer } from "../../src/transport/http/dialect/route.ts";
import { v0, v0Routes } from "../../src/transport/http/v0/index.ts";
import { createDkimKeys } from "../../src/workers/dkim-keys.ts";
import { createDatabase } from "./database.ts";
import { undeclared } from "./undeclared.ts";

/** JSON of an answer, or its text. */
export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Asked {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** By lower-case name. */
  readonly headers?: Readonly<Record<string, string>>;
}

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
  /** Calls a route by the client's name for it, as the bearer of `token`. */
  call(token: string, name: string, asked?: Asked): Promise<Answer>;
  /** Runs `work` as the system, to arrange or to look behind the door. */
  behind<Result>(work: (tx: Tx) => Promise<Result>): Promise<Result>;
  close(): Promise<void>;
}

const installation = {
  domain: "rookery.localhost",
  mailHost: "mx.rookery.localhost",
  displayName: "Rookery",
  maxMessageBytes: 1024 * 1024,
  allowPrivateTargets: true,
};

/** Opens a door on a migrated database of its own, on whichever PostgreSQL the run is on. */
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
  const sealKey = randomBytes(32);
  const sealer = createSealer(sealKey);
  const newId = createIdSource(Date.now, randomBytes);
  const fetcher = createFileFetcher({
    allowPrivate: installation.allowPrivateTargets,
    resolve: async () => ["127.0.0.1"],
    userAgent: "Rookery/test",
  });
  // Never told that notices arrive, so it remembers no key: each call sees the key as it is stored.
  const authenticator = createAuthenticator(database, systemClock, () => undefined);
  const parts: DoorParts = {
    database,
    clock: systemClock,
    outside: { files: fetcher.fetchFiles, dkimKeys: createDkimKeys() },
    forgetKey: authenticator.forget,
    onUndeclared: undeclared,
    lent: { newId, random: randomBytes, sealer, mimeCodec: inProcessCodec, installation },
  };
  const door = createDoor(parts);
  const rootToken = `am_us_${randomBytes(32).toString("hex")}`;
  const organizationId = await firstStart({ database, newId }, sealKey, rootToken);
  return {
    engine,
    database,
    door,
    parts,
    sealer,
    authenticator,
    rootToken,
    organizationId,
    async call(token, name, asked = {}) {
      const route = v0Routes.find((one) => one.name === name);
      if (route === undefined) throw new Error(`no route is named ${name}`);
      const actor = await authenticator.authenticate(token);
      const query = Object.fromEntries(Object.entries(asked.query ?? {}).map(([key, one]) => [key, [one]]));
      const request = {
        params: asked.params ?? {},
        query,
        body: { json: asked.body ?? {} },
        header: (header: string) => asked.headers?.[header],
        origin: "http://test",
      };
      return answerOf(() => route.handle(door, actor, v0.target(request.params), request));
    },
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

async function answerOf(act: () => Promise<RouteAnswer>): Promise<Answer> {
  try {
    const answer = await act();
    if ("content" in answer)
      return { status: answer.status, body: {}, text: String(answer.content), headers: answer.headers };
    // As on the wire: what JSON cannot say is not there.
    const text = answer.body === undefined ? "" : JSON.stringify(answer.body);
    return { status: answer.status, body: text === "" ? {} : JSON.parse(text), text, headers: {} };
  } catch (error) {
    const answering = { requestId: "test" };
    const answer =
      error instanceof Failure
        ? v0.refusal(error, answering)
        : error instanceof InvalidRequest
          ? v0.invalid(error.issues, answering, error.remedy)
          : null;
    if (answer === null) throw error;
    return {
      status: answer.status,
      body: { ...answer.body },
      text: JSON.stringify(answer.body),
      headers: {},
    };
  }
}
