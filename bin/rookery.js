#!/usr/bin/env node
// Plain JavaScript that an old Node can parse, so that it can say what is wrong with it.
import { existsSync } from "node:fs";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `Rookery needs Node 22.18 or newer; this is ${process.versions.node}.\n` +
      "`npm ci` installs Node 24 beside it: run `npm start`, `npm run demo` or `npx rookery` in this folder.",
  );
  process.exit(1);
}
// A checkout runs its sources as they are; a published package brings them compiled.
const source = new URL("../src/main.ts", import.meta.url);
await import(existsSync(source) ? source.href : new URL("../dist/main.js", import.meta.url).href);
