#!/usr/bin/env node
// Plain JavaScript that an old Node can parse, so that it can hand over to the Node beside it, or say what is missing.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";
import { memoryFlags } from "./memory-flags.js";

// Types are stripped without a flag from 22.18 on, but in the line of 23 only from 23.6 on.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const isTooOld = major < 22 || (major === 22 && minor < 18) || (major === 23 && minor < 6);
const given = `${process.execArgv.join(" ")} ${process.env.NODE_OPTIONS ?? ""}`;
// Nodes before 18.15 have no such call; they run nothing here but the Node beside them.
const container = process.constrainedMemory ? process.constrainedMemory() : 0;
const flags = process.argv[2] === "serve" ? memoryFlags(container, given) : [];

if (isTooOld) handOver(nodeBeside());
// V8 takes them at its start alone. The process becomes the one that has them: same id, same parent, same streams. A channel to a parent
// would not survive; Windows has no such call.
else if (flags.length > 0 && !process.channel && process.platform !== "win32" && process.execve)
  process.execve(process.execPath, [
    process.execPath,
    ...process.execArgv,
    ...flags,
    ...process.argv.slice(1),
  ]);
else await run();

async function run() {
  // Loading takes half the time when code was compiled before. Kept beside the code, because whoever can write there can
  // change the code itself; in the system's temporary folder, where Node would put it, anybody could.
  const cache = fileURLToPath(new URL("../node_modules/.cache/rookery", import.meta.url));
  module.enableCompileCache(cache);
  // From here its threads take it: each starts in 0.3 s of CPU instead of 0.5.
  process.env.NODE_COMPILE_CACHE ??= cache;
  // A checkout runs its sources as they are; a published package has no src and brings them compiled.
  const source = new URL("../src/main.ts", import.meta.url);
  await import(existsSync(source) ? source.href : new URL("../dist/main.js", import.meta.url).href);
}

/** Path of the Node that was installed with this package; null where there is none, as on macOS. */
function nodeBeside() {
  const system = process.platform === "win32" ? "win" : process.platform;
  const program = process.platform === "win32" ? "bin/node.exe" : "bin/node";
  try {
    const name = `node-${system}-${process.arch}/package.json`;
    const path = module.createRequire(import.meta.url).resolve(name);
    return path.slice(0, -"package.json".length) + program;
  } catch {
    return null;
  }
}

/**
 * Runs the same command on another Node and ends as it ends. Signals are passed on; over the channel the command notices
 * when this process is killed, and ends too (docs/decisions/0010-signals-and-parents.md).
 */
function handOver(node) {
  // One that was handed over to and is too old as well would hand over for ever.
  if (node === null || process.channel) return refuse();
  const child = spawn(node, [...flags, ...process.argv.slice(1)], {
    stdio: ["inherit", "inherit", "inherit", "ipc"],
  });
  const signals = ["SIGTERM", "SIGINT", "SIGHUP"];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.once("error", (error) => {
    console.error(`error: ${node} cannot be run: ${error.message}`);
    process.exitCode = 1;
  });
  child.once("exit", (code, signal) => {
    if (signal === null) process.exit(code);
    for (const name of signals) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

function refuse() {
  console.error(
    `Rookery needs Node 22.18 or newer; this is ${process.versions.node}.\n` +
      "On Linux and Windows `npm ci` in Rookery's folder installs Node 24 beside it, which is then found\n" +
      "from everywhere. Elsewhere install Node 24 first (https://nodejs.org).",
  );
  process.exitCode = 1;
}
