/** A database of its own and what a start does to it, without a server. */
import { randomBytes } from "node:crypto";
import pg from "pg";
import { onTestFinished } from "vitest";
import {
  type Prepared,
  prepareInstallation,
  type SecretSource,
  type StartRefusal,
} from "../../src/domain/fleet/installation/index.ts";
import { createIdSource } from "../../src/lib/uuid.ts";
import { type Database, openDatabase } from "../../src/storage/db.ts";
import { openExternal } from "../../src/storage/engines/external.ts";
import { createDatabase } from "./database.ts";

/** A data directory's file of a secret, in memory. */
export interface SecretFile extends SecretSource {
  content: string | null;
}

export function secretFile(content: string | null = null, prefix = ""): SecretFile {
  return {
    content,
    async read() {
      return this.content;
    },
    async make() {
      const made = this.content === null;
      this.content ??= prefix + randomBytes(32).toString("hex");
      return { secret: this.content, made };
    },
  };
}

/** What a process keeps in its data directory. */
export interface DataDirectory {
  readonly seal: SecretFile;
  readonly root: SecretFile;
}

export const emptyDirectory = (): DataDirectory => ({
  seal: secretFile(),
  root: secretFile(null, "am_us_"),
});

export interface TestInstallation {
  readonly database: Database;
  readonly url: string;
  readonly newId: () => string;
  /** A start; `setting` is ROOKERY_API_KEY, `now` when it is by the process's clock. */
  start(directory: DataDirectory, setting?: string, now?: Date): Promise<Prepared | StartRefusal>;
  /** As the worker role, which sees every row. */
  query(statement: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
}

/** Gone after the test. */
export async function testInstallation(): Promise<TestInstallation> {
  const { url, drop } = await createDatabase();
  const database = openDatabase(await openExternal(url), 4);
  const client = new pg.Client({ connectionString: url, options: "-c role=rookery_worker" });
  await client.connect();
  onTestFinished(async () => {
    await client.end();
    await database.close();
    await drop();
  });
  const newId = createIdSource(Date.now, randomBytes);
  return {
    database,
    url,
    newId,
    start: ({ seal, root }, setting, now = new Date()) =>
      prepareInstallation({
        database,
        newId,
        now,
        sealKey: seal,
        rootKey:
          setting === undefined
            ? { ...bound(root), replaces: false }
            : { ...bound(secretFile(setting)), replaces: true },
      }),
    query: async (statement, values) => (await client.query(statement, values)).rows,
  };
}

const bound = (file: SecretFile): SecretSource => ({ read: () => file.read(), make: () => file.make() });

/** What a start gave that must have succeeded. */
export function prepared(outcome: Prepared | StartRefusal): Prepared {
  if ("refused" in outcome) throw new Error(`refused: ${outcome.refused}`);
  return outcome;
}
