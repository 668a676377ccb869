/**
 * Compiles the program into a few files, as a package brings it: a start reads some 150 instead of 1,900, which spares it a third of its
 * CPU time (docs/decisions/0064-bundle.md).
 * Usage: node packaging/bundle.ts TARGET, a directory that is made when missing.
 */
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

/** What is loaded by its file name: the program, its threads, and what the build step asks of the built-in PostgreSQL. */
const ENTRIES = {
  binaries: "src/storage/engines/binaries.ts",
  main: "src/main.ts",
  "document-pool-worker": "src/mime-pool/document-pool-worker.ts",
  "mime-pool-worker": "src/mime-pool/mime-pool-worker.ts",
};

/** Packages of many files, which come into the bundle with all that they import. Others are left where they are installed. */
const INSIDE = [
  "@hono/node-server",
  "@hono/zod-openapi",
  "chardet",
  "hono",
  "htmlparser2",
  "kysely",
  "nodemailer",
  "prom-client",
  "selfsigned",
  "smtp-server",
  "ws",
  "zod",
];

/** Of what our own files import by name. @param id "zod", "hono/utils/url" */
const isInside = (id: string): boolean => INSIDE.some((name) => id === name || id.startsWith(`${name}/`));

/** Writes them side by side, because threads are looked for beside the code that starts them. @param folder made when missing */
export async function writeBundle(folder: string): Promise<void> {
  const bundle = await rolldown({
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    input: ENTRIES,
    platform: "node",
    external: (id, importer) =>
      /^[@\w]/.test(id) && importer !== undefined && !importer.includes("node_modules") && !isInside(id),
  });
  try {
    await bundle.write({ dir: folder, format: "esm", chunkFileNames: "[name].js" });
  } finally {
    await bundle.close();
  }
}

const [, program, folder] = process.argv;
if (program === fileURLToPath(import.meta.url)) {
  if (folder === undefined) throw new Error("usage: node packaging/bundle.ts TARGET");
  await writeBundle(folder);
}
