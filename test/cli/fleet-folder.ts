/** A server and, for each test, a folder in which `rookery fleet` is run. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect } from "vitest";
import { callCommand, type Ended } from "../support/command.ts";
import { type TestApp, testApp } from "../support/test-app.ts";

export let app: TestApp;
export let folder: string;
/** Tenants of one test, whose names no other test has. */
export let prefix: string;

/** Before the tests of a file. */
export function useFleetFolder(): void {
  let count = 0;
  beforeAll(async () => {
    app = await testApp({ ROOKERY_DOMAIN: "yourapp.example" });
  });
  afterAll(() => app.stop());
  beforeEach(async () => {
    prefix = `t${++count}`;
    folder = await mkdtemp(join(tmpdir(), "rookery-fleet-"));
    return () => rm(folder, { recursive: true, force: true });
  });
}

export const settings = () => ({
  ROOKERY_BASE_URL: app.baseUrl,
  ROOKERY_API_KEY: app.rootKey,
  ROOKERY_DOMAIN: "yourapp.example",
});
export const fleet = (...args: readonly string[]): Promise<Ended> =>
  callCommand(["fleet", ...args], folder, settings());

export async function done(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await fleet(...args);
  expect({ code, stderr }, args.join(" ")).toEqual({ code: 0, stderr: expect.not.stringMatching(/error:/) });
  return stdout;
}

export async function refusal(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await fleet(...args);
  expect({ code, stdout }, stderr).toEqual({ code: 1, stdout: "" });
  return stderr;
}

export const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);

/** Two tenants with a key each. */
export const fileOf = (secrets: string, more = ""): string => `version: 1
defaults:
  inboxes:
    - role: support
      address: ${prefix}-{tenant}@yourapp.example
      keys: [{ name: agent }]
secrets: ${secrets}
tenants: [${prefix}a, ${prefix}b${more}]
`;

export interface Secret {
  readonly tenant: string;
  readonly api_key: string;
}

export const secretsIn = (text: string): Secret[] =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Secret);

/** The inbox that a key opens; null: it opens nothing. */
export async function opened(key: string): Promise<string | null> {
  const { status, body } = await app.request("GET", "/v0/inboxes", { key });
  // Cast: a list of inboxes, as far as the tests look at it.
  const { inboxes = [] } = body as { inboxes?: { inbox_id: string }[] };
  return status === 200 ? (inboxes[0]?.inbox_id ?? "") : null;
}
