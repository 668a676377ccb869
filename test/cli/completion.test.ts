/** Completion as shells have it: the script is sourced, and asked for what follows a line. */
import { spawnSync } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
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
  const { stdout, stderr, status } = spawnSync(shell, args, {
    cwd: folder,
    encoding: "utf8",
    timeout: 20_000,
  });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  return stdout.split("\n").filter((line) => line !== "");
}

const lines: readonly (readonly [line: string, some: readonly string[], none: readonly string[]])[] = [
  ["rookery inb", ["inboxes"], ["pods", "--help"]],
  ["rookery inboxes ", ["create", "messages", "threads"], ["send", "--username"]],
  ["rookery inboxes messages s", ["send"], ["list"]],
  ["rookery inboxes messages send scout@a.example --su", ["--subject"], ["--to", "send"]],
  ["rookery domains ", ["doctor", "create"], []],
  ["rookery completion ", ["bash", "zsh", "fish"], ["inboxes"]],
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

/** What the zsh is told that lines are typed into: ^X prints the line as it stands, between angle brackets. */
const setup = `
PS1=
fpath=($PWD/functions $fpath)
autoload -U compinit
compinit -u -D
show() { print -r -- "<$BUFFER>"; BUFFER= }
zle -N show
bindkey '^I' complete-word
bindkey '^X' show
print READY`;

/** Types each line and a tab into a zsh of its own, on a terminal, and prints what stands there then. */
const typing = `
zmodload zsh/zpty
zpty shell 'zsh -f -i'
zpty -w shell 'source ./setup'
zpty -r -m shell out '*READY*'
for line in "$@"; do
  zpty -w -n shell "$line"$'\\t\\x18'
  zpty -r -m shell out '*<*>*'
  print -r -- "\${\${out##*<}%%>*}"
done
zpty -d shell`;

describe.skipIf(!has("zsh"))("zsh (skipped because it is not installed)", () => {
  test.each([
    ["rookery inb", "rookery inboxes "],
    ["rookery inboxes mess", "rookery inboxes messages "],
    [
      "rookery inboxes messages send scout@a.example --su",
      "rookery inboxes messages send scout@a.example --subject ",
    ],
    ["rookery domain dist", "rookery domain distrust "],
    ["rookery pods nothing-beg", "rookery pods nothing-beg"],
  ])("completes %s", async (line, whole) => {
    await mkdir(join(folder, "functions"), { recursive: true });
    await copyFile(join(folder, "zsh"), join(folder, "functions", "_rookery"));
    await writeFile(join(folder, "setup"), setup);
    expect(run("zsh", "-f", "-c", typing, "zsh", line)).toEqual([whole]);
  });

  test("takes the script by source as well", () => {
    const script = "compdef() { print $2 by $1 }; source ./zsh; _rookery_words 'inboxes messages'";
    const [registered, words] = run("zsh", "-f", "-c", script);
    expect(registered).toBe("rookery by _rookery");
    expect(words?.split(" ")).toContain("send");
  });
});

describe.skipIf(!has("fish"))("fish (skipped because it is not installed)", () => {
  test.each(lines)("completes %s", (line, some, none) => {
    const found = run("fish", "--no-config", "-c", `source ./fish; complete -C '${line}'`);
    const words = found.map((one) => one.split("\t")[0]);
    expect(words).toEqual(expect.arrayContaining([...some]));
    for (const absent of none) expect(words).not.toContain(absent);
  });
});
