/** Files that come with the program, which lies in `src/` of a checkout, and in fewer files in `dist/` of a package. */
import { findPackageJSON } from "node:module";
import { pathToFileURL } from "node:url";

const root = findPackageJSON(import.meta.url);
if (root === undefined) throw new Error(`${import.meta.url} lies in no package`);

/** @param path from the package's root: "migrations/", "openapi/v0.json" */
export const packageFile = (path: string): URL => new URL(path, pathToFileURL(root));
