/** dkimpy, which verifies DKIM signatures independently of the server's own code. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("./dkim-verifier.py", import.meta.url));

/** As `.ci/run` installs it; it takes Ed25519 with PyNaCl beside it. */
export const hasDkimVerifier = spawnSync("python3", ["-c", "import dkim, nacl"]).status === 0;

/** As it arrives: what ends DATA ends the last line as well (RFC 5321 section 4.1.1.4). */
const inTransit = (mail: Buffer): Buffer =>
  mail.subarray(-2).equals(Buffer.from("\r\n")) ? mail : Buffer.concat([mail, Buffer.from("\r\n")]);

/**
 * @param records texts of TXT records by name
 * @returns for each mail a verdict on each of its signatures: true, false, or why it is none
 */
export function dkimVerdicts(
  mails: readonly Buffer[],
  records: Readonly<Record<string, string>>,
): unknown[][] {
  const input = JSON.stringify({ mails: mails.map((mail) => inTransit(mail).toString("base64")), records });
  const { stdout, stderr, status } = spawnSync("python3", [program], { input, encoding: "utf8" });
  if (status !== 0) throw new Error(stderr);
  // Cast: the program prints that.
  return JSON.parse(stdout) as unknown[][];
}
