/** What the world sees of a mail host: its addresses, their reverse names, port 25, TLS there, and whether that is what its TLSA records say. */
import { createHash } from "node:crypto";
import type { TlsaRecord } from "node:dns";
import { TLSSocket } from "node:tls";
import SMTPConnection from "nodemailer/lib/smtp-connection/index.js";
import { refusalOf } from "../../egress/smtp/dane.ts";
import type { LookUp } from "../../protocols/dns/look-up.ts";
import { printable } from "../../protocols/smtp/reply.ts";
import { readTlsa } from "../../protocols/smtp/tlsa.ts";

export interface Finding {
  readonly check: string;
  readonly ok: boolean;
  readonly detail: string;
  /** What to do about it. */
  readonly advice?: string;
}

/** Milliseconds to connect, and for each answer: RFC 5321 section 4.5.3.2 allows minutes, but for who watches a command. */
const ANSWER_MS = 10_000;
/** Whose share of the look-ups a command takes: it is alone. */
const TENANT = "doctor";
/** Addresses of a host that are looked at. */
const MAX_ADDRESSES = 8;

/** @param port where other servers bring mail; 25 but for tests */
export async function probeHost(lookUp: LookUp, host: string, port: number, now: Date): Promise<Finding[]> {
  const addresses = await addressesOf(lookUp, host);
  if (addresses.length === 0)
    return [
      {
        check: "address",
        ok: false,
        detail: `${host} has no address`,
        advice: `Publish an A record (and AAAA, if the server has IPv6) of ${host}.`,
      },
    ];
  const tlsa = await lookUp({ name: `_${port}._tcp.${host}`, type: "TLSA", tenant: TENANT, maxAgeMs: 0 });
  const pinned = tlsa.kind === "found" ? tlsa.records.map(octetsOf) : [];
  const probed = { host, port, pinned, now };
  const reverse = await Promise.all(addresses.map((address) => reverseOf(lookUp, address)));
  return [
    { check: "address", ok: true, detail: `${host} has ${addresses.join(", ")}` },
    ...reverse,
    ...(await Promise.all(addresses.map((address) => probeSmtp(probed, address)))).flat(),
  ];
}

async function addressesOf(lookUp: LookUp, host: string): Promise<string[]> {
  const [v4, v6] = await Promise.all([
    lookUp({ name: host, type: "A", tenant: TENANT, maxAgeMs: 0 }),
    lookUp({ name: host, type: "AAAA", tenant: TENANT, maxAgeMs: 0 }),
  ]);
  return [v4, v6]
    .flatMap((answer) => (answer.kind === "found" ? answer.records : []))
    .slice(0, MAX_ADDRESSES);
}

/** `192.0.2.1` -> `1.2.0.192.in-addr.arpa` (RFC 1035 section 3.5), and nibbles for IPv6 (RFC 3596 section 2.5). */
export function reverseName(address: string): string {
  if (!address.includes(":")) return `${address.split(".").toReversed().join(".")}.in-addr.arpa`;
  const [head = "", tail] = address.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill("0"), ...right];
  const nibbles = groups.map((group) => group.padStart(4, "0")).join("");
  return `${[...nibbles].toReversed().join(".")}.ip6.arpa`;
}

/** A name that leads back to the address: receivers refuse mail from addresses without one (RFC 1912 section 2.1). */
async function reverseOf(lookUp: LookUp, address: string): Promise<Finding> {
  const check = "reverse";
  const answer = await lookUp({ name: reverseName(address), type: "PTR", tenant: TENANT, maxAgeMs: 0 });
  const advice = `Have whoever gave you the address set its PTR record to the name of this server.`;
  if (answer.kind !== "found")
    return {
      check,
      ok: false,
      detail:
        answer.kind === "absent"
          ? `${address} has no name`
          : `the name of ${address} is unknown: ${answer.why}`,
      advice,
    };
  for (const name of answer.records.slice(0, MAX_ADDRESSES))
    if ((await addressesOf(lookUp, name)).includes(address))
      return { check, ok: true, detail: `${address} is ${name}, which leads back to it` };
  return {
    check,
    ok: false,
    detail: `${address} is ${answer.records[0]}, which does not lead back to it`,
    advice,
  };
}

interface Probed {
  readonly host: string;
  readonly port: number;
  /** Its TLSA records (RFC 6698 section 2.1). */
  readonly pinned: readonly Buffer[];
  readonly now: Date;
}

async function probeSmtp(probed: Probed, address: string): Promise<Finding[]> {
  const { host, port } = probed;
  const connection = new SMTPConnection({
    ...{
      host: address,
      port,
      connectionTimeout: ANSWER_MS,
      greetingTimeout: ANSWER_MS,
      socketTimeout: ANSWER_MS,
    },
    // What is wrong with the certificate is to be told, not to end the connection.
    tls: { servername: host, rejectUnauthorized: false },
    opportunisticTLS: true,
  });
  try {
    await new Promise<void>((resolve, reject) => {
      connection.on("error", reject);
      connection.connect((error) => (error === undefined || error === null ? resolve() : reject(error)));
    });
    const reachable = { check: "port", ok: true, detail: `port ${port} of ${address} answers` };
    return [reachable, tlsOf(connection, host), ...daneOf(connection, probed)];
  } catch (error) {
    // Nodemailer's code says less than what it has of the system's error.
    const why = printable(error instanceof Error ? error.message : String(error));
    return [
      {
        check: "port",
        ok: false,
        detail: `port ${port} of ${address} does not answer from here: ${why}`,
        advice:
          "Let port 25 through to the server's SMTP listener. Many providers block it, inbound or outbound, until asked.",
      },
    ];
  } finally {
    connection.close();
  }
}

function tlsOf(connection: SMTPConnection, host: string): Finding {
  const check = "tls";
  const { _socket: socket } = connection;
  if (!connection.secure || !(socket instanceof TLSSocket))
    return {
      check,
      ok: false,
      detail: "the server offers no STARTTLS",
      advice: "Set ROOKERY_TLS_CERT_FILE and ROOKERY_TLS_KEY_FILE.",
    };
  const until = socket.getPeerCertificate().valid_to;
  if (socket.authorized)
    return { check, ok: true, detail: `the certificate of ${host} holds until ${until}` };
  return {
    check,
    ok: false,
    detail: `the certificate is not believed: ${String(socket.authorizationError)}`,
    advice: `Most servers deliver all the same. For those that do not, get a certificate of ${host} from a public authority and set ROOKERY_TLS_CERT_FILE and ROOKERY_TLS_KEY_FILE.`,
  };
}

const octetsOf = ({ certUsage, selector, match, data }: TlsaRecord): Buffer =>
  Buffer.concat([Buffer.from([certUsage, selector, match]), Buffer.from(data)]);

/** Servers that follow DANE deliver nothing to a host whose records do not fit what it shows. */
function daneOf({ _socket: socket }: SMTPConnection, { host, port, pinned, now }: Probed): Finding[] {
  if (pinned.length === 0) return [];
  const check = "dane";
  const records = pinned.map(readTlsa).filter((record) => record !== null);
  const isTls = socket instanceof TLSSocket;
  const why = isTls ? refusalOf(socket, { records, names: [host] }, now) : "the server offers no TLS";
  if (why === null) return [{ check, ok: true, detail: `the TLSA records of ${host} fit its certificate` }];
  const key = isTls ? socket.getPeerX509Certificate()?.publicKey : undefined;
  const detail = `${why}: servers that follow DANE deliver nothing here, if the zone is signed`;
  if (key === undefined) return [{ check, ok: false, detail, advice: "Take the records away." }];
  const hash = createHash("sha256")
    .update(key.export({ type: "spki", format: "der" }))
    .digest("hex");
  const advice = `Take away what was found, and publish\n_${port}._tcp.${host}. IN TLSA 3 1 1 ${hash}`;
  return [{ check, ok: false, detail, advice }];
}
