/**
 * `npm run bench [name]`, `fairness/<flood>` for one flood: each bench on a server of its own in a temporary directory; prints figures and
 * conditions. With `--in=<folder>` in that one, which is kept: `search`, `million` and `routes` fill it once.
 */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accounts } from "./accounts.ts";
import { fairness } from "./fairness.ts";
import { fleet } from "./fleet.ts";
import { ingest } from "./ingest.ts";
import { jitter } from "./jitter.ts";
import { largeMail } from "./large-mail.ts";
import { local } from "./local.ts";
import { million } from "./million.ts";
import { moves } from "./moves.ts";
import { outbound } from "./outbound.ts";
import { provision } from "./provision.ts";
import { queue } from "./queue.ts";
import { reads } from "./reads.ts";
import { replies } from "./replies.ts";
import { currentLoad, print } from "./report.ts";
import { retries } from "./retries.ts";
import { routes } from "./routes.ts";
import { rules } from "./rules.ts";
import { search } from "./search.ts";
import { startServer } from "./server.ts";
import { sockets } from "./sockets.ts";
import { webhook } from "./webhook.ts";

const benches = {
  ingest,
  provision,
  accounts,
  moves,
  webhook,
  retries,
  local,
  outbound,
  queue,
  reads,
  "large-mail": largeMail,
  rules,
  search,
  million,
  routes,
  sockets,
  fleet,
  fairness,
};
/** What the server of a bench is loaded with, that it reports on itself (process-report.ts). */
const reporters: Readonly<Record<string, string>> = {
  "large-mail": "./loop-delay.ts",
  sockets: "./heap-size.ts",
};
const IN = "--in=";
const given = process.argv.slice(2).filter((argument) => !argument.startsWith(IN));
/** The folder to work in and keep; undefined: one of its own for each bench. */
const kept = process.argv.find((argument) => argument.startsWith(IN))?.slice(IN.length);
/** The one that needs no server. It takes a folder. */
const alone = "replies";
if (given[0] === alone) {
  replies(given[1]);
  process.exit(0);
}
const asked = given.filter((name) => name !== alone);
const wanted = asked.map((name) => name.split("/", 1)[0] ?? "");
/** The floods of `fairness` that are asked for. */
const floods = asked.flatMap((name) => name.split("/").slice(1));
const unknown = wanted.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(
    `There is no bench ${unknown.join(", ")}; there are ${Object.keys(benches).join(", ")}, ${alone}.`,
  );
  process.exit(2);
}
if (given.length === 0 || given.includes(alone)) replies(undefined);

for (const [name, bench] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const directory = kept ?? (await mkdtemp(join(tmpdir(), "rookery-bench-")));
  const loadBefore = currentLoad();
  const jitterBefore = await jitter();
  const began = performance.now();
  const reporter = reporters[name];
  const server = await startServer(
    directory,
    reporter === undefined ? {} : { NODE_OPTIONS: `--import=${new URL(reporter, import.meta.url).href}` },
  );
  const startMs = performance.now() - began;
  try {
    const figures = await bench(server, directory, floods);
    const postgres = (await readFile(join(directory, "postgres", "PG_VERSION"), "utf8")).trim();
    print(figures, { postgres, loadBefore, jitterBefore });
    console.log(
      `  start of the process${kept === undefined ? " on an empty directory" : ""}: ${startMs.toFixed(0)} ms`,
    );
  } finally {
    await server.end();
    if (kept === undefined) await rm(directory, { recursive: true, force: true });
  }
}
