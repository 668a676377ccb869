/** Postfix's load generator: mails of one size, from a client in C, so that what is measured is the server. */
import { execFile } from "node:child_process";
import { access } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

export const SMTP_SOURCE = "/usr/sbin/smtp-source";

export const isInstalled = (program: string): Promise<boolean> =>
  access(program).then(
    () => true,
    () => false,
  );

/** What is sent; each recipient has the same share of the mails and of the sessions. */
export interface Burst {
  readonly recipients: readonly string[];
  readonly messages: number;
  readonly sessions: number;
  readonly bodyBytes: number;
  /** `-d`: sessions stay open; none of it: a connection for each mail. */
  readonly flags: readonly string[];
}

/** Sends to a port of this machine. One process for each recipient, because it knows only one. @throws unless all are taken */
export async function smtpSource(port: number, burst: Burst): Promise<void> {
  const share = (count: number): string => String(Math.ceil(count / burst.recipients.length));
  const counts = ["-s", share(burst.sessions), "-l", String(burst.bodyBytes), "-m", share(burst.messages)];
  const processes = burst.recipients.map((recipient) =>
    run(SMTP_SOURCE, [
      ...burst.flags,
      ...counts,
      "-f",
      "a@outside.test",
      "-t",
      recipient,
      `127.0.0.1:${port}`,
    ]),
  );
  await Promise.all(processes);
}
