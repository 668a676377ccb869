import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { callCommand } from "../../../test/support/command.ts";
import { type TestApp, testApp } from "../../../test/support/test-app.ts";
import { readSuppressions } from "./file.ts";

let app: TestApp;
let folder: string;
let pod: string;
beforeAll(async () => {
  app = await testApp({ ROOKERY_SERVICES: "http" });
  folder = await mkdtemp(join(tmpdir(), "rookery-suppressions-"));
  pod = (await app.client().pods.create({})).podId;
});
afterAll(async () => {
  await app.stop();
  await rm(folder, { recursive: true, force: true });
});

async function rookery(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const environment = { ROOKERY_BASE_URL: app.baseUrl, ROOKERY_API_KEY: app.rootKey };
  const { code, stdout: out, stderr: err } = await callCommand(args, folder, environment);
  return { code: code ?? -1, out, err };
}

test("suppressions are added, listed, imported from a file and removed", async () => {
  const empty = await rookery("suppressions", "list", "--pod", pod);
  expect(empty.out).toBe("No address is suppressed.\n");
  const added = await rookery("suppressions", "add", "--pod", pod, "Ada@Example.net", "--reason", "asked");
  expect([added.code, added.out]).toEqual([0, expect.stringContaining("ada@example.net")]);
  const lines = Array.from(
    { length: 1500 },
    (_, n) => `u${String(n).padStart(4, "0")}@old.example,"moved, once"`,
  );
  await writeFile(join(folder, "old.csv"), ["email,reason", "ada@example.net", ...lines].join("\r\n"));
  const imported = await rookery("suppressions", "import", "--pod", pod, "old.csv");
  expect([imported.code, imported.out]).toEqual([
    0,
    expect.stringContaining("1,500 suppressions added, 1 there before"),
  ]);
  const all = JSON.parse((await rookery("suppressions", "list", "--pod", pod, "--json")).out);
  expect(all).toHaveLength(1501);
  expect(all.slice(0, 2)).toMatchObject([
    { address: "ada@example.net", cause: "manual", reason: "asked" },
    { address: "u0000@old.example", reason: "moved, once" },
  ]);
  const table = (await rookery("suppressions", "list", "--pod", pod)).out.split("\n");
  expect(table.every((line) => line.length <= 80)).toBe(true);
  expect((await rookery("suppressions", "remove", "--pod", pod, "ada@example.net")).code).toBe(0);
  const again = await rookery("suppressions", "remove", "--pod", pod, "ada@example.net");
  expect([again.code, again.err]).toEqual([1, expect.stringContaining("rookery suppressions list --pod")]);
});

test("a file with a line that has no address is refused as a whole, with the line", async () => {
  await writeFile(join(folder, "bad.csv"), "b@example.net\n# note\n\nnobody\n");
  const refused = await rookery("suppressions", "import", "--pod", pod, "bad.csv");
  expect([refused.code, refused.err]).toEqual([2, expect.stringContaining("Line 4")]);
  expect((await rookery("suppressions", "list", "--pod", pod, "--quiet")).out).not.toContain("b@example.net");
  expect((await rookery("suppressions", "import", "--pod", pod, "absent.csv")).code).toBe(2);
  expect((await rookery("suppressions", "list")).code).toBe(2);
});

test("lines are read with a byte order mark, quotes, and any of the delimiters", () => {
  expect(readSuppressions('\ufeffEmail;Why\n"a@x.test";gone\nb@x.test\tfull\n c@x.test \n')).toEqual([
    { address: "a@x.test", reason: "gone" },
    { address: "b@x.test", reason: "full" },
    { address: "c@x.test" },
  ]);
  expect(readSuppressions("a@x.test,550\u0001 gone")).toEqual([{ address: "a@x.test", reason: "550 gone" }]);
});

test("addresses are found where a header says that they are, and a cell in quotes may have a comma", () => {
  const exported = 'status,reason,email,created\n5.1.1,"550, ""gone""",a@x.test,1700000000\n,,b@x.test,\n';
  expect(readSuppressions(exported)).toEqual([
    { address: "a@x.test", reason: '5.1.1 550, "gone" 1700000000' },
    { address: "b@x.test" },
  ]);
});

test.each([
  "a@x.test\nAda <b@x.test>",
  "a@x.test\nb b@x.test",
  "a@x.test\n@x.test",
  "email\na@x.test\nb@x@y.test",
  "a@x.test\nb@x..test",
  "a@x.test\n*@x.test",
])("a line with something else than an address is told by its number: %j", (text) => {
  expect(() => readSuppressions(text)).toThrow(/Line [23] /);
});
