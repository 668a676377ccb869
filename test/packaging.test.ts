/** The build step of the image, in a bare directory: what it puts there is a server that starts by environment alone and ends on SIGTERM. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startProgram } from "./support/command.ts";
import { createDatabase } from "./support/database.ts";

const script = fileURLToPath(new URL("../packaging/build.sh", import.meta.url));
/** It installs what the registry has: minutes on a slow line. */
const INSTALL_MS = 600_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rookery-image-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test(
  "the built directory holds no tests and no tools, serves, and ends with 0 on SIGTERM",
  async () => {
    const target = join(folder, "opt");
    const home = { HOME: folder, npm_config_cache: process.env["npm_config_cache"] ?? join(folder, "npm") };
    const built = await startProgram([script, target, "--prefer-offline"], folder, home).ended;
    expect(built.code, built.stderr).toBe(0);
    expect(await readdir(target)).not.toContain("test");
    expect(await readdir(join(target, "node_modules"))).not.toContain("vitest");
    const again = await startProgram([script, target], folder, home).ended;
    expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("is not empty") });
    const database = await createDatabase();
    try {
      const server = startProgram([process.execPath, join(target, "bin/rookery.js"), "serve"], folder, {
        DATABASE_URL: database.url,
        ROOKERY_DATA_DIR: join(folder, "data"),
        ROOKERY_HTTP_PORT: "0",
        ROOKERY_SMTP_PORT: "0",
        ROOKERY_SUBMISSION_PORT: "0",
      });
      const [, http = ""] = await server.says(/"http":"([^"]+)"/);
      expect((await fetch(`${http}/readyz`)).status).toBe(200);
      server.child.kill("SIGTERM");
      expect((await server.ended).code).toBe(0);
    } finally {
      await database.drop();
    }
  },
  INSTALL_MS,
);
