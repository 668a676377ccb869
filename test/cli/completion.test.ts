/** Completion as shells have it: the script is sourced, and asked for what follows a line. */
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { callCommand } from "../support/command.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "rookery-completion-"));
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, stdout } = await callCommand(["completion", shell], folder);
    expect(code).toBe(0);
    await writeFile(join(folder, shell), stdout);
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const has = (shell: string): boolean => spawnSync(shell, ["-c", "true"]).status === 0;

function run(shell: string, ...args: string[]): string[] {
  const { stdout, stderr, status } = spawnSync(shell, args, { cwd: folder, encoding: "utf8" });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  return stdout.split("\n").filter((line) => line !== "");
}

const lines: readonly (readonly [line: string, some: readonly string[], none: readonly string[]])[] = [
  ["rookery inb", ["inboxes"], ["pods", "--help"]],
  ["rookery inboxes ", ["create", "messages", "threads"], ["send", "--username"]],
  ["rookery inboxes messages s", ["send"], ["list"]],
  ["rookery inboxes messages send scout@a.example --su", ["--subject"], ["--to", "send"]],
  ["rookery domains ", ["doctor", "create"], []],
  ["rookery domain d", ["doctor", "delete", "distrust"], ["list"]],
];

describe.skipIf(!has("bash"))("bash (skipped because it is not installed)", () => {
  test.each(lines)("completes %s", (line, some, none) => {
    const words = line.split(" ");
    const script = [
      "source ./bash",
      `COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")})`,
      `COMP_CWORD=${words.length - 1}`,
      "_rookery",
      // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the shell's
      'printf "%s\\n" "${COMPREPLY[@]}"',
    ];
    const found = run("bash", "--noprofile", "--norc", "-c", script.join("\n"));
    expect(found).toEqual(expect.arrayContaining([...some]));
    for (const absent of none) expect(found).not.toContain(absent);
  });

  test("is registered for the command", () => {
    const [found] = run("bash", "--noprofile", "--norc", "-c", "source ./bash; complete -p rookery");
    expect(found).toContain("-F _rookery rookery");
  });
});

describe.skipIf(!has("zsh"))("zsh (skipped because it is not installed)", () => {
  test("takes the script, which knows the commands", () => {
    const script = "compdef() { : }; source ./zsh; _rookery_words 'inboxes messages'";
    expect(run("zsh", "-f", "-c", script)[0]?.split(" ")).toContain("send");
  });
});

describe.skipIf(!has("fish"))("fish (skipped because it is not installed)", () => {
  test.each(lines)("completes %s", (line, some) => {
    const found = run("fish", "--no-config", "-c", `source ./fish; complete -C '${line}'`);
    expect(found.map((one) => one.split("\t")[0])).toEqual(expect.arrayContaining([...some]));
  });
});
