#!/usr/bin/env node
// Plain JavaScript that an old Node can parse, so that it can say what is wrong with it.
import { existsSync } from "node:fs";
import module from "node:module";
import { fileURLToPath } from "node:url";

// Types are stripped without a flag from 22.18 on, but in the line of 23 only from 23.6 on.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const isTooOld = major < 22 || (major === 22 && minor < 18) || (major === 23 && minor < 6);
if (isTooOld) {
  console.error(
    `Rookery needs Node 22.18 or newer; this is ${process.versions.node}.\n` +
      "On Linux and Windows `npm ci` installs Node 24 beside it: run `npm start`, `npm run demo` or\n" +
      "`npx rookery` in this folder. Elsewhere install Node 24 first (https://nodejs.org).",
  );
  process.exit(1);
}
// Loading takes half the time when code was compiled before. Kept beside the code, because whoever can write there can
// change the code itself; in the system's temporary folder, where Node would put it, anybody could.
module.enableCompileCache(fileURLToPath(new URL("../node_modules/.cache/rookery", import.meta.url)));
// A checkout runs its sources as they are; a published package has no src and brings them compiled.
const source = new URL("../src/main.ts", import.meta.url);
await import(existsSync(source) ? source.href : new URL("../dist/main.js", import.meta.url).href);
