/**
 * What the outbound bench is compared with: Postfix, whose mails OpenDKIM signs with RSA-2048 when they enter (Debian's packages). Both
 * are private instances in a temporary directory, never the system's; load, sink and disk are those that we get.
 *
 * The clock starts with the load and stops when Postfix's queue is empty. Postfix's 250 says that the mail is in the queue, its file
 * synced; ours that it is committed, with thread, event and counts.
 *
 * Where they differ from Debian's packages it is to their advantage: no DNS, no chroot, no limits on clients, no wait between queue and
 * delivery, one next hop for all domains, twenty deliveries at once from the start.
 */
import { execFile, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { treeCpuMs } from "../cpu.ts";
import { complaintIn, isQueueEmpty } from "../postfix-dovecot.ts";
import { percentile } from "../report.ts";
import { isInstalled } from "../smtp-source.ts";
import { type Load, submitAll } from "./load.ts";
import { freePort, type PeerKind, type Peers } from "./peers.ts";

const run = promisify(execFile);

const PROGRAMS = ["/usr/sbin/postfix", "/usr/sbin/opendkim"];
/** Deliveries at once, as many as there are sessions. */
const DELIVERIES = 20;
/** Short beside the seconds that are measured, and few enough wake-ups not to take them a core. */
const POLL_MS = 50;
/** Until the queue is empty. */
const TIMEOUT_MS = 600_000;

const mainConfig = (
  directory: string,
  { plain, other }: Peers,
  kind: PeerKind,
): string => `compatibility_level = 3.6
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
smtp_tls_security_level = none
mydestination =
alias_maps =
alias_database =
append_dot_mydomain = no
relayhost = ${bracketed(plain)}
transport_maps = ${kind === "deferring" || kind === "throttled" ? `regexp:{{/@d[0-9]*[05]\\.bench\\.test$$/ smtp:${bracketed(other)}}}` : ""}
smtpd_milters = unix:${directory}/opendkim.socket
milter_default_action = tempfail
initial_destination_concurrency = ${DELIVERIES}
default_destination_concurrency_limit = ${DELIVERIES}
hash_queue_names = defer
in_flow_delay = 0
`;

const bracketed = (hostPort: string): string => hostPort.replace(/^(.*):/, "[$1]:");

/** The services that take, queue and send; none in a chroot, which would have to be furnished. */
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
smtp unix - - n - - smtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`;

const signerConfig = (directory: string): string => `Mode s
Domain postfix.test
Selector bench
KeyFile ${directory}/key.pem
SignatureAlgorithm rsa-sha256
Canonicalization relaxed/relaxed
InternalHosts 127.0.0.1
Socket local:${directory}/opendkim.socket
UMask 000
RequireSafeKeys no
`;

/** Holds both up until its standard input ends, which it does however the bench ends, and leaves nothing behind. */
const KEEPER = `directory=\${1:?}
/usr/sbin/opendkim -f -x "$directory/opendkim.conf" 2>"$directory/opendkim.log" &
signer=$!
echo "$signer" >"$directory/opendkim.pid"
if /usr/sbin/postfix -c "$directory/postfix" start </dev/null; then
  echo started
  cat >/dev/null
else
  cat "$directory"/*.log >&2
fi
/usr/sbin/postfix -c "$directory/postfix" stop
kill "$signer" && wait "$signer"
rm -rf "$directory"`;

/** Why there is nothing to compare with on this machine; null when there is. */
export async function whatIsMissing(): Promise<string | null> {
  for (const program of PROGRAMS)
    if (!(await isInstalled(program))) return `no ${program} (Debian: postfix, opendkim)`;
  return process.getuid?.() === 0 ? null : "that takes root";
}

export interface Sent {
  /** Messages a second, from the first offered to the last sent. */
  readonly rate: number;
  /** Milliseconds of CPU for one, of all processes of Postfix and OpenDKIM. */
  readonly cpuMs: number;
  /** Milliseconds from a mail's arrival to its delivery, of those that were sent. */
  readonly age: { readonly p50: number; readonly p99: number };
}

export interface Postfix {
  readonly version: string;
  send(load: Omit<Load, "port" | "senders">): Promise<Sent>;
  /** Stops both and removes what they stored. */
  stop(): Promise<void>;
}

export async function startPostfix(peers: Peers, kind: PeerKind): Promise<Postfix> {
  const directory = await mkdtemp(join(tmpdir(), "rookery-postfix-opendkim-"));
  const port = await freePort();
  // mkdtemp's mode is 700, but Postfix is another user.
  await chmod(directory, 0o755);
  for (const name of ["postfix", "queue", "data"]) await mkdir(join(directory, name));
  await run("chown", ["postfix", join(directory, "data")]);
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  await writeFile(join(directory, "key.pem"), privateKey.export({ type: "pkcs1", format: "pem" }));
  await writeFile(join(directory, "opendkim.conf"), signerConfig(directory));
  await writeFile(join(directory, "postfix", "main.cf"), mainConfig(directory, peers, kind));
  await writeFile(join(directory, "postfix", "master.cf"), masterConfig(port));
  let stop = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    stop = await keep(directory);
    const { stdout } = await run("/usr/sbin/postconf", ["-h", "mail_version"]);
    return {
      version: `Postfix ${stdout.trim()} with OpenDKIM`,
      send: (load) =>
        measure(directory, { ...load, port, senders: [{ inbox: "agent@postfix.test", key: null }] }, kind),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

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

const readPid = async (file: string): Promise<number> => Number((await readFile(file, "utf8")).trim());

async function cpuOf(directory: string): Promise<number> {
  const pids = [join(directory, "queue", "pid", "master.pid"), join(directory, "opendkim.pid")];
  const used = await Promise.all(pids.map(async (file) => treeCpuMs(await readPid(file))));
  return used.reduce((sum, cpuMs) => sum + cpuMs, 0);
}

/** What was deferred stays in the queue of its own. */
async function waitUntilSent(directory: string, isDeferring: boolean): Promise<void> {
  const names = ["maildrop", "incoming", "active", ...(isDeferring ? [] : ["deferred"])];
  for (const end = performance.now() + TIMEOUT_MS; performance.now() < end; await pause(POLL_MS))
    if (await isQueueEmpty(directory, names)) return;
  throw new Error(`Postfix's queue: ${complaintIn(await readFile(join(directory, "postfix.log"), "utf8"))}`);
}

async function measure(directory: string, load: Load, kind: PeerKind): Promise<Sent> {
  const log = join(directory, "postfix.log");
  const logged = (await readFile(log, "utf8")).length;
  const [before, began] = [await cpuOf(directory), performance.now()];
  await submitAll(load);
  await waitUntilSent(directory, kind === "deferring");
  const [elapsedMs, after] = [performance.now() - began, await cpuOf(directory)];
  const lines = (await readFile(log, "utf8")).slice(logged);
  const ages = [...lines.matchAll(/ delay=([\d.]+),.* status=sent/g)].map(
    ([, seconds]) => Number(seconds) * 1000,
  );
  return {
    rate: (ages.length * 1000) / elapsedMs,
    cpuMs: (after - before) / load.messages,
    age: { p50: percentile(ages, 0.5), p99: percentile(ages, 0.99) },
  };
}
