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
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import {
  complaintIn,
  configurePostfix,
  cpuWith,
  freePort,
  isQueueEmpty,
  keep,
  missingOf,
  POLL_MS,
  postfixVersion,
  TIMEOUT_MS,
} from "../postfix.ts";
import { percentile } from "../report.ts";
import { type Load, submitAll } from "./load.ts";
import type { PeerKind, Peers } from "./peers.ts";

const PROGRAMS = ["/usr/sbin/postfix", "/usr/sbin/opendkim"];
const settingsOf = (
  directory: string,
  { plain, other }: Peers,
  kind: PeerKind,
): string => `smtp_tls_security_level = none
relayhost = ${bracketed(plain)}
transport_maps = ${kind === "deferring" || kind === "throttled" ? `regexp:{{/@d[0-9]*[05]\\.bench\\.test$$/ smtp:${bracketed(other)}}}` : ""}
smtpd_milters = unix:${directory}/opendkim.socket
milter_default_action = tempfail
`;

const bracketed = (hostPort: string): string => hostPort.replace(/^(.*):/, "[$1]:");

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
export const whatIsMissing = (): Promise<string | null> => missingOf(PROGRAMS, "postfix, opendkim");

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
  await configurePostfix(directory, {
    port,
    transport: "smtp",
    settings: settingsOf(directory, peers, kind),
  });
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  await writeFile(join(directory, "key.pem"), privateKey.export({ type: "pkcs1", format: "pem" }));
  await writeFile(join(directory, "opendkim.conf"), signerConfig(directory));
  let stop = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    stop = await keep(KEEPER, directory);
    return {
      version: `${await postfixVersion()} with OpenDKIM`,
      send: (load) =>
        measure(directory, { ...load, port, senders: [{ inbox: "agent@postfix.test", key: null }] }, kind),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

const cpuOf = (directory: string): Promise<number> => cpuWith(directory, "opendkim.pid");

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
