/** The program as packages bring it, compiled once for the whole run: a start of it costs half of one from the sources. */
import { cp, mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inject } from "vitest";
import { writeBundle } from "../../packaging/bundle.ts";

const checkout = fileURLToPath(new URL("../..", import.meta.url));

/** Lays it out in a folder, made when missing. Dependencies are found in the folder above, which is made to lead to the checkout's. */
export async function makePackage(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  // Copied, as Node looks for what belongs to a file where its link leads to.
  for (const part of ["bin", "package.json"])
    await cp(join(checkout, part), join(folder, part), { recursive: true });
  for (const part of ["docs", "examples", "migrations", "openapi"])
    await symlink(join(checkout, part), join(folder, part));
  await symlink(join(checkout, "node_modules"), join(folder, "../node_modules"));
  await writeBundle(join(folder, "dist"));
}

/** The folder of the run's package. */
export const packageFolder = (): string => inject("package");

/** What `rookery` is of it. */
export const program = (): string => join(packageFolder(), "bin/rookery.js");
