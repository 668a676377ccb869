/**
 * What the ingest bench is compared with: Postfix, which hands every mail to Dovecot by LMTP over a unix socket. Both are
 * private instances in a temporary directory, never the system's; the load and the disk are those that we get.
 *
 * The clock starts with the load and stops when Postfix's queue is empty; Dovecot must then count every mail in its mailbox.
 *
 * What a 250 to the client promises. Ours: the mail, its thread, its event and the jobs that follow from it are committed by
 * PostgreSQL with fsync and synchronous_commit, as it comes; the API shows them. Postfix's: the mail is in the queue, its
 * file synced; it is in no mailbox yet. Dovecot's, to Postfix (`mail_fsync = optimized`, as it comes): Maildir has synced
 * the mail's file and the directory, mdbox the file that the mail was added to and the logs of its two indexes (as seen
 * with strace). Neither threads mail nor delivers webhooks.
 *
 * Where they differ from Debian's packages it is to their advantage: no DNS, no chroot, no limits on clients, no wait between
 * queue and delivery, every recipient valid without a lookup, a retry after a second, twenty deliveries at once from the start.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import {
  complaintIn,
  configurePostfix,
  cpuWith,
  DELIVERIES,
  freePort,
  isQueueEmpty,
  keep,
  missingOf,
  POLL_MS,
  postfixVersion,
  run,
  TIMEOUT_MS,
} from "./postfix.ts";
import { type Burst, SMTP_SOURCE, smtpSource } from "./smtp-source.ts";

const PROGRAMS = ["/usr/sbin/postfix", "/usr/sbin/dovecot", "/usr/bin/doveadm", "/usr/lib/dovecot/lmtp"];
const WARM_UP_MESSAGES = 500;
/** Dovecot's name of a storage format is also the domain of its mailboxes. */
const FORMATS = ["maildir", "mdbox"] as const;
type Format = (typeof FORMATS)[number];

export interface Comparison {
  /** As the programs tell them. */
  readonly versions: string;
  readonly rates: readonly ComparedRate[];
}

export interface ComparedRate {
  readonly format: Format;
  readonly mailboxes: number;
  /** Messages a second, until the last is in its mailbox. */
  readonly rate: number;
  /** Milliseconds of CPU for one mail, of all their processes. */
  readonly cpuMs: number;
}

/** What is sent, but to whom. */
type Load = Omit<Burst, "recipients">;

const settingsOf = (directory: string): string => `virtual_mailbox_domains = ${FORMATS.join(", ")}
virtual_transport = lmtp:unix:${directory}/dovecot/lmtp
queue_run_delay = 1s
minimal_backoff_time = 1s
`;

const dovecotConfig = (directory: string): string => `base_dir = ${directory}/dovecot
state_dir = ${directory}/dovecot
log_path = ${directory}/dovecot.log
info_log_path = /dev/null
protocols = lmtp
ssl = no
mail_location = %d:~/mail
passdb {
  driver = static
  args = nopassword=y
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=${directory}/mail/%u allow_all_users=yes
}
service lmtp {
  process_min_avail = ${DELIVERIES}
  unix_listener lmtp {
    mode = 0666
  }
}
`;

/**
 * Holds both servers up until its standard input ends, which it does however the bench ends, and leaves nothing behind.
 * Dovecot's stop does not wait for the end, so the keeper does: at most ten seconds, where two are usual.
 */
const KEEPER = `directory=\${1:?}
if /usr/sbin/postfix -c "$directory/postfix" start </dev/null &&
  /usr/sbin/dovecot -c "$directory/dovecot.conf" </dev/null; then
  echo started
  cat >/dev/null
else
  cat "$directory"/*.log >&2
fi
dovecot=$(cat "$directory/dovecot/master.pid") && kill "$dovecot" && timeout 10 tail --pid="$dovecot" -f /dev/null
/usr/sbin/postfix -c "$directory/postfix" stop
rm -rf "$directory"`;

/** Why there is nothing to compare with on this machine; null when there is. */
async function whatIsMissing(): Promise<string | null> {
  // Both servers change to users of their own.
  const missing = await missingOf([...PROGRAMS, SMTP_SOURCE], "postfix, dovecot-lmtpd");
  if (missing !== null) return missing;
  const { stdout } = await run("/usr/sbin/dovecot", ["--version"]);
  return stdout.startsWith("2.3.") ? null : `Dovecot ${stdout.trim()} reads another configuration than 2.3`;
}

async function configure(directory: string, port: number): Promise<void> {
  await configurePostfix(directory, { port, transport: "lmtp", settings: settingsOf(directory) });
  for (const name of ["dovecot", "mail"]) await mkdir(join(directory, name));
  await run("chown", ["nobody", join(directory, "mail")]);
  await writeFile(join(directory, "dovecot.conf"), dovecotConfig(directory));
}

async function countHeld(directory: string, mailboxes: readonly string[]): Promise<number> {
  let held = 0;
  for (const mailbox of mailboxes) {
    const asked = ["-f", "flow", "mailbox", "status", "-u", mailbox, "messages", "INBOX"];
    const { stdout } = await run("/usr/bin/doveadm", ["-c", join(directory, "dovecot.conf"), ...asked]);
    held += Number(/messages=(\d+)/.exec(stdout)?.[1] ?? 0);
  }
  return held;
}

/** @returns when the queue was seen empty, with this many mails in the mailboxes. @throws when that takes too long */
async function waitUntilHeld(
  directory: string,
  mailboxes: readonly string[],
  messages: number,
): Promise<number> {
  let held = 0;
  for (const end = performance.now() + TIMEOUT_MS; performance.now() < end; await pause(POLL_MS)) {
    if (!(await isQueueEmpty(directory))) continue;
    const emptyAt = performance.now();
    held = await countHeld(directory, mailboxes);
    // A mail whose delivery broke off at its end is delivered again, so there may be more.
    if (held >= messages) return emptyAt;
  }
  const logs = ["dovecot.log", "postfix.log"].map((name) => readFile(join(directory, name), "utf8"));
  throw new Error(
    `${held} of ${messages} mails are there: ${complaintIn((await Promise.all(logs)).join(""))}`,
  );
}

/** Postfix with Dovecot behind it, both running. */
interface Pair {
  readonly directory: string;
  readonly port: number;
}

/** Milliseconds of CPU that both have used. */
const cpuOf = (directory: string): Promise<number> => cpuWith(directory, join("dovecot", "master.pid"));

async function measure(
  { directory, port }: Pair,
  load: Load,
  format: Format,
  mailboxes: number,
): Promise<ComparedRate> {
  const recipients = Array.from({ length: mailboxes }, (_, index) => `bench${index}of${mailboxes}@${format}`);
  const deliver = async (messages: number, sessions: number, held: number): Promise<number> => {
    const began = performance.now();
    await smtpSource(port, { ...load, recipients, messages, sessions });
    return (await waitUntilHeld(directory, recipients, held + messages)) - began;
  };
  // The first mail makes the mailbox; two that do so at once can stumble over each other, so it comes alone.
  await deliver(mailboxes, mailboxes, 0);
  await deliver(WARM_UP_MESSAGES, load.sessions, mailboxes);
  const before = await cpuOf(directory);
  const elapsedMs = await deliver(load.messages, load.sessions, mailboxes + WARM_UP_MESSAGES);
  const cpuMs = ((await cpuOf(directory)) - before) / load.messages;
  return { format, mailboxes, rate: load.messages / (elapsedMs / 1000), cpuMs };
}

async function versionsOf(): Promise<string> {
  const { stdout: dovecot } = await run("/usr/sbin/dovecot", ["--version"]);
  return `${await postfixVersion()}, Dovecot ${dovecot.split(" ")[0]?.trim()}`;
}

/** Starts both, sends the load into each number of mailboxes in each format, stops both and removes what they stored. */
async function compare(load: Load, mailboxCounts: readonly number[]): Promise<Comparison> {
  const directory = await mkdtemp(join(tmpdir(), "rookery-postfix-dovecot-"));
  let end = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    const port = await freePort();
    await configure(directory, port);
    end = await keep(KEEPER, directory);
    const rates: ComparedRate[] = [];
    for (const format of FORMATS)
      for (const mailboxes of mailboxCounts)
        rates.push(await measure({ directory, port }, load, format, mailboxes));
    return { versions: await versionsOf(), rates };
  } finally {
    await end();
  }
}

/** @returns in a sentence why there is no comparison, rather than throwing: our own figures do not depend on it */
export async function postfixDovecot(
  load: Load,
  mailboxCounts: readonly number[],
): Promise<Comparison | string> {
  try {
    return (await whatIsMissing()) ?? (await compare(load, mailboxCounts));
  } catch (error) {
    return error instanceof Error ? error.message.replaceAll("\n", "; ") : String(error);
  }
}
