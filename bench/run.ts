/** `npm run bench [name]`: each bench on a server of its own in a temporary directory; prints figures and conditions. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServer } from "../test/support/server-process.ts";
import { ingest } from "./ingest.ts";
import { provision } from "./provision.ts";
import { print } from "./report.ts";

const benches = { ingest, provision };
const wanted = process.argv.slice(2);

for (const [name, bench] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const directory = await mkdtemp(join(tmpdir(), "rookery-bench-"));
  const began = performance.now();
  const server = await startServer(directory);
  const startMs = performance.now() - began;
  try {
    print(await bench(server));
    console.log(`  start of the process on an empty directory: ${startMs.toFixed(0)} ms`);
  } finally {
    await server.end();
    await rm(directory, { recursive: true, force: true });
  }
}
