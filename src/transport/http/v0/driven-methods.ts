/** Which methods of the vendor's client the conformance tests call: what docs/compatibility.md says of each. */
import { readdir, readFile } from "node:fs/promises";

/** A test as a file: its path in the repository, and its text. */
export interface TestSource {
  readonly path: string;
  readonly text: string;
}

/** `client.inboxes.get(`, `app.client().inboxes.get(`, `of(key).inboxes.get(`: what follows the client is the method's name. */
const CALL = /\b\w+(?:\.client)?(?:\([^()]*\))?\.((?:\w+\.)*\w+)\(/g;

/**
 * Read from the text, so that a method counts only where its name is written out behind a client; the types say that it is the
 * client's. The first file that calls it, in the order given.
 *
 * @param names of all methods, as written behind `client.`
 * @returns path of the test, by the method's name
 */
export function drivenMethods(names: readonly string[], tests: readonly TestSource[]): Map<string, string> {
  const wanted = new Set(names);
  const driven = new Map<string, string>();
  for (const { path, text } of tests)
    for (const name of callsIn(text)) if (wanted.has(name) && !driven.has(name)) driven.set(name, path);
  return driven;
}

function callsIn(text: string): string[] {
  const lines = text.replaceAll(/\s*\n\s*\./g, ".");
  return [...lines.matchAll(CALL)].map(([, name = ""]) => name);
}

const FOLDER = "test/conformance/";

/** @param root the repository's */
export async function conformanceTests(root: URL): Promise<TestSource[]> {
  const names = (await readdir(new URL(FOLDER, root))).filter((name) => name.endsWith(".test.ts")).sort();
  const read = (name: string): Promise<string> => readFile(new URL(`${FOLDER}${name}`, root), "utf8");
  return Promise.all(names.map(async (name) => ({ path: `${FOLDER}${name}`, text: await read(name) })));
}
