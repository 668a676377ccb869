/** Turns the output of PostgreSQL's programs into one sentence for the operator. */

const KNOWN: readonly { readonly pattern: RegExp; readonly sentence: string }[] = [
  {
    pattern: /shared memory segment.*No space left on device/i,
    sentence:
      "the system has no shared memory left. Stop other databases, or give this system (or its container) more.",
  },
  {
    // A write that stops halfway names no error, only how far it came.
    pattern: /No space left on device|Disk quota exceeded|Check free disk space|wrote only \d+ of \d+ bytes/i,
    sentence: "the disk is full. Free some space, or set ROOKERY_DATA_DIR to a disk with room.",
  },
  {
    pattern: /could not look up effective user/i,
    sentence: "the account it runs as has no entry in /etc/passwd. Add one, or set DATABASE_URL.",
  },
  {
    pattern: /Read-only file system/i,
    sentence: "the file system is read-only. Mount it writable, or set ROOKERY_DATA_DIR elsewhere.",
  },
];

/**
 * @param what the part of the sentence that says what failed, without a full stop
 * @param output everything the program printed
 */
export function explainOutput(what: string, output: string): string {
  const known = KNOWN.find(({ pattern }) => pattern.test(output));
  if (known !== undefined) return `${what}: ${known.sentence}`;
  const lines = output.split("\n").filter((line) => line.trim() !== "");
  const reason = lines.findLast((line) => /FATAL|PANIC|error|could not/i.test(line)) ?? lines.at(-1);
  return `${what}: ${(reason ?? "it gave no reason").trim()}. Fix that and start again, or set DATABASE_URL to another PostgreSQL.`;
}

/** True when processes of a server that was killed still hold its memory: they end by themselves within seconds. */
export function isStillEnding(output: string): boolean {
  return /pre-existing shared memory block.*still in use/i.test(output);
}
