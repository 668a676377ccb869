/**
 * A private Postfix in a temporary directory, with the program that it is compared in beside it: what the benches share that measure against
 * it. Where it differs from Debian's package it is to its advantage: no DNS, no chroot, no limits on clients, no wait between queue and
 * delivery, twenty deliveries at once from the start.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, opendir, readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { treeCpuMs } from "./cpu.ts";
import { isInstalled } from "./smtp-source.ts";

export const run = promisify(execFile);

/** Deliveries at once; as many as there are sessions. On two cores 4, 8 and 20 measured the same. */
export const DELIVERIES = 20;
/** Short beside the seconds that are measured, and few enough wake-ups not to take them a core. */
export const POLL_MS = 50;
/** Until the queue is empty, or the last mail in its mailbox; ten mails a second of the load would do. */
export const TIMEOUT_MS = 600_000;

const commonConfig = (directory: string): string => `compatibility_level = 3.6
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
initial_destination_concurrency = ${DELIVERIES}
default_destination_concurrency_limit = ${DELIVERIES}
hash_queue_names = defer
in_flow_delay = 0
`;

/** The services that take, queue and hand on; none in a chroot, which would have to be furnished. */
const masterConfig = (
  port: number,
  transport: "lmtp" | "smtp",
): string => `127.0.0.1:${port} inet n - n - - smtpd
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
${transport} unix - - n - - ${transport}
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`;

export interface PostfixSetting {
  /** On loopback. */
  readonly port: number;
  /** By which it hands mail on. */
  readonly transport: "lmtp" | "smtp";
  /** Of main.cf, behind what all have. */
  readonly settings: string;
}

/** Writes its configuration into a directory of mkdtemp's. */
export async function configurePostfix(
  directory: string,
  { port, transport, settings }: PostfixSetting,
): Promise<void> {
  // mkdtemp's mode is 700, but Postfix, and what stands beside it, are other users.
  await chmod(directory, 0o755);
  for (const name of ["postfix", "queue", "data"]) await mkdir(join(directory, name));
  await run("chown", ["postfix", join(directory, "data")]);
  await writeFile(join(directory, "postfix", "main.cf"), `${commonConfig(directory)}${settings}`);
  await writeFile(join(directory, "postfix", "master.cf"), masterConfig(port, transport));
}

/** @returns the first program that is not there, and what to install; null when all are */
export async function missingOf(programs: readonly string[], packages: string): Promise<string | null> {
  for (const program of programs)
    if (!(await isInstalled(program))) return `no ${program} (Debian: ${packages})`;
  return process.getuid?.() === 0 ? null : "that takes root";
}

/** Postfix cannot listen on port 0; another process may take this port first. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  // Cast: a TCP server that listens has this kind of address.
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** The last line that tells why something did not work, of logs and of what is said at the start. */
export const complaintIn = (text: string): string =>
  text.split("\n").findLast((line) => /fatal|panic|error|status=(deferred|bounced)/i.test(line)) ??
  "no reason given";

/**
 * @param script of sh, with the directory as $1: says a line when all has started, ends it when its standard input does, and leaves nothing behind
 * @returns what ends it. @throws with what was said when something does not start
 */
export async function keep(script: string, directory: string): Promise<() => Promise<void>> {
  // In a group of its own: Ctrl-C ends the bench, and by that the keeper's input, but not the keeper.
  const keeper = spawn("/bin/sh", ["-c", script, "keeper", directory], { detached: true });
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

/** Milliseconds of CPU that Postfix has used, and the process whose id is in `pidFile`. */
export async function cpuWith(directory: string, pidFile: string): Promise<number> {
  const files = [join("queue", "pid", "master.pid"), pidFile];
  const pids = await Promise.all(files.map((file) => readFile(join(directory, file), "utf8")));
  const used = await Promise.all(pids.map((pid) => treeCpuMs(Number(pid.trim()))));
  return used.reduce((sum, cpuMs) => sum + cpuMs, 0);
}

/** As it tells it. */
export async function postfixVersion(): Promise<string> {
  const { stdout } = await run("/usr/sbin/postconf", ["-h", "mail_version"]);
  return `Postfix ${stdout.trim()}`;
}
