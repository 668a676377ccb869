import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { memoryFolder } from "./test/support/memory-folder.ts";
import { WaitingFirst } from "./test/support/waiting-first.ts";

// For the workers, and the threads and processes that they start: loading takes half the time when code was compiled before.
process.env["NODE_COMPILE_CACHE"] ??= fileURLToPath(new URL("node_modules/.cache/rookery", import.meta.url));

// For everything that tests make: none of it is read after a run.
process.env["TMPDIR"] ??= memoryFolder() ?? tmpdir();

export default defineConfig({
  test: {
    include: ["src/**/*.test.ts", "test/**/*.test.ts"],
    globalSetup: ["test/support/global-setup.ts"],
    // Two cores is the smallest machine we support; a third worker uses them while a test waits for a server or a deadline.
    maxWorkers: 3,
    sequence: { sequencer: WaitingFirst },
    // A worker keeps the modules it has loaded: loading them for each file costs half of what the tests themselves cost. No test
    // changes what modules share; the environment and the working directory are given to the processes that tests start.
    isolate: false,
    // They only bound how long a test that hangs is waited for: several start two Rookerys each, and a slow machine under
    // load takes ten seconds for one.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
