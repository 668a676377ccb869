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
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, opendir, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { treeCpuMs } from "./cpu.ts";
import { type Burst, isInstalled, SMTP_SOURCE, smtpSource } from "./smtp-source.ts";

const run = promisify(execFile);

const PROGRAMS = ["/usr/sbin/postfix", "/usr/sbin/dovecot", "/usr/bin/doveadm", "/usr/lib/dovecot/lmtp"];
/** Deliveries at once; as many as there are sessions. On two cores 4, 8 and 20 measured the same. */
const DELIVERIES = 20;
const WARM_UP_MESSAGES = 500;
/** Short beside the seconds that are measured, and few enough wake-ups not to take them a core. */
const POLL_MS = 50;
/** Until the last mail is in its mailbox; ten mails a second of the load would do. */
const TIMEOUT_MS = 600_000;

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

const mainConfig = (directory: string): string => `compatibility_level = 3.6
queue_directory = ${directory}/queue
data_directory = ${directory}/data
mail_owner = postfix
myhostname = postfix.test
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
maillog_file = ${directory}/postfix.log
maillog_file_prefixes = ${directory}
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
smtpd_client_connection_count_limit = 0
smtp_dns_support_level = disabled
mydestination =
alias_maps =
alias_database =
append_dot_mydomain = no
virtual_mailbox_domains = ${FORMATS.join(", ")}
virtual_transport = lmtp:unix:${directory}/dovecot/lmtp
initial_destination_concurrency = ${DELIVERIES}
default_destination_concurrency_limit = ${DELIVERIES}
hash_queue_names = defer
in_flow_delay = 0
queue_run_delay = 1s
minimal_backoff_time = 1s
`;

/** The services that take, queue and deliver; none in a chroot, which would have to be furnished. */
const masterConfig = (port: number): string => `127.0.0.1:${port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
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
  for (const program of [...PROGRAMS, SMTP_SOURCE])
    if (!(await isInstalled(program))) return `no ${program} (Debian: postfix, dovecot-lmtpd)`;
  // Both servers change to users of their own.
  if (process.getuid?.() !== 0) return "that takes root";
  const { stdout } = await run("/usr/sbin/dovecot", ["--version"]);
  return stdout.startsWith("2.3.") ? null : `Dovecot ${stdout.trim()} reads another configuration than 2.3`;
}

/** Postfix cannot listen on port 0; another process may take this port first. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  // Cast: a TCP server that listens has this kind of address.
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function configure(directory: string, port: number): Promise<void> {
  // mkdtemp's mode is 700, but Postfix and Dovecot's deliveries are other users.
  await chmod(directory, 0o755);
  for (const name of ["postfix", "queue", "data", "dovecot", "mail"]) await mkdir(join(directory, name));
  await run("chown", ["postfix", join(directory, "data")]);
  await run("chown", ["nobody", join(directory, "mail")]);
  await writeFile(join(directory, "postfix", "main.cf"), mainConfig(directory));
  await writeFile(join(directory, "postfix", "master.cf"), masterConfig(port));
  await writeFile(join(directory, "dovecot.conf"), dovecotConfig(directory));
}

/** The last line that tells why something did not work, of logs and of what is said at the start. */
export const complaintIn = (text: string): string =>
  text.split("\n").findLast((line) => /fatal|panic|error|status=(deferred|bounced)/i.test(line)) ??
  "no reason given";

/** @returns what ends the keeper. @throws with what was said when one of the two does not start */
async function keep(directory: string): Promise<() => Promise<void>> {
  // In a group of its own: Ctrl-C ends the bench, and by that the keeper's input, but not the keeper.
  const keeper = spawn("/bin/sh", ["-c", KEEPER, "keeper", directory], { detached: true });
  const ended = once(keeper, "exit");
  let said = "";
  keeper.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  const started = once(createInterface(keeper.stdout), "line").then(() => true);
  if (!(await Promise.race([started, ended.then(() => false)])))
    throw new Error(`they do not start: ${complaintIn(said)}`);
  return async () => {
    keeper.stdin.end();
    await ended;
  };
}

/** Looks no further than the first file, so that it costs the same at six thousand as at one. */
async function isEmpty(directory: string): Promise<boolean> {
  for await (const entry of await opendir(directory)) if (entry.isFile()) return false;
  return true;
}

/** In the order in which a mail goes through; one that goes back from `deferred` can be missed. */
const QUEUES = ["maildrop", "incoming", "active", "deferred"];

export async function isQueueEmpty(directory: string, names: readonly string[] = QUEUES): Promise<boolean> {
  for (const name of names) if (!(await isEmpty(join(directory, "queue", name)))) return false;
  return true;
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

const readPid = async (file: string): Promise<number> => Number((await readFile(file, "utf8")).trim());

/** Milliseconds of CPU that both have used. */
async function cpuOf(directory: string): Promise<number> {
  const masters = [join(directory, "queue", "pid", "master.pid"), join(directory, "dovecot", "master.pid")];
  const used = await Promise.all(masters.map(async (file) => treeCpuMs(await readPid(file))));
  return used.reduce((sum, cpuMs) => sum + cpuMs, 0);
}

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
  const { stdout: postfix } = await run("/usr/sbin/postconf", ["-h", "mail_version"]);
  const { stdout: dovecot } = await run("/usr/sbin/dovecot", ["--version"]);
  return `Postfix ${postfix.trim()}, Dovecot ${dovecot.split(" ")[0]?.trim()}`;
}

/** Starts both, sends the load into each number of mailboxes in each format, stops both and removes what they stored. */
async function compare(load: Load, mailboxCounts: readonly number[]): Promise<Comparison> {
  const directory = await mkdtemp(join(tmpdir(), "rookery-postfix-dovecot-"));
  let end = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    const port = await freePort();
    await configure(directory, port);
    end = await keep(directory);
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
