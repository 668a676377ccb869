/**
 * An embedded engine in a process of its own, which tests may kill.
 * Arguments: the data directory. Prints one line of JSON: {"ready": connection, "version": ...} or {"failed": message,
 * "kind": class of the error}. Then SIGINT: commits one more row into `notes` and stops. End of standard input: stops.
 */
import pg from "pg";
import { startEmbedded } from "../../src/storage/engines/embedded.ts";
import type { Engine } from "../../src/storage/engines/engine.ts";

const [, , dataDir = ""] = process.argv;

async function writeLastWill(engine: Engine): Promise<void> {
  const client = new pg.Client(engine.connection);
  await client.connect();
  await client.query("insert into notes values ('written after the signal')");
  await client.end();
}

try {
  const engine = await startEmbedded({ dataDir, log: (line) => console.error(line) });
  process.once("SIGINT", async () => {
    await writeLastWill(engine);
    await engine.stop();
    process.exit(0);
  });
  process.stdin.once("end", async () => {
    await engine.stop();
    process.exit(0);
  });
  process.stdin.resume();
  console.log(JSON.stringify({ ready: engine.connection, version: engine.version }));
} catch (error) {
  const [kind, failed] =
    error instanceof Error ? [error.constructor.name, error.message] : ["", String(error)];
  console.log(JSON.stringify({ failed, kind }));
  process.exit(1);
}
