/**
 * Asks name servers that validate (DNSSEC), and says whether they vouch for their answer. c-ares, behind node:dns, hides that. Their word is taken as
 * it comes, so that it is for servers behind a trusted path alone: on this machine, or in a network of one's own.
 */
import { randomInt } from "node:crypto";
import { createSocket } from "node:dgram";
import { getServers } from "node:dns";
import { connect, isIPv6 } from "node:net";
import type { Clock } from "../../lib/clock.ts";
import {
  type CheckedType,
  type DnsQuestion,
  type DnsReply,
  decodeReply,
  encodeQuestion,
} from "../../protocols/dns/message.ts";
import { createLookUpQueue, createSharedAnswers } from "./shared-answers.ts";

/**
 * `secure`: the server vouches for these records, or, without any, that there are none. `insecure`: it does not, as the zone is not signed. `failed`: no
 * server answered, or what it found does not validate, which a forged answer does not; what depends on it is to be tried again.
 */
export type ValidatedAnswer =
  | { readonly kind: "secure"; readonly records: readonly Buffer[] }
  | { readonly kind: "insecure" }
  | { readonly kind: "failed"; readonly why: string };

export interface ValidatedQuestion {
  /** In A-labels. */
  readonly name: string;
  readonly type: CheckedType;
  /** Whose share of the look-ups it takes: id of the pod. */
  readonly tenant: string;
}

/** @returns the servers that are asked, in their order: addresses, with or without a port */
export const validatorsOf = (servers: readonly string[] | null): readonly string[] =>
  (servers ?? getServers()).slice(0, TRIES);

/** Never rejects. */
export type ValidatedLookUp = (question: ValidatedQuestion) => Promise<ValidatedAnswer>;

/** Milliseconds that a server has to answer, over UDP and over TCP. To validate takes it several look-ups of its own. */
const ANSWER_MS = 3000;
/** Servers that are asked, one after the other; a lost packet is so repeated at the next, or at the same where there is one. */
const TRIES = 2;
/** Milliseconds that an answer is kept, and a failure, as in look-up.ts. */
const KEPT_MS = { secure: 60_000, insecure: 60_000, failed: 5000 } as const;
/** Bytes of an answer, and of each of its records, beside its data, about. */
const ANSWER_BYTES = 200;
/** Records of an answer: a host has two TLSA records while its certificate changes, and a domain ten MX hosts. */
const MAX_RECORDS = 100;
/** Octets of the length before a message over TCP (RFC 1035 section 4.2.2). */
const FRAME = 2;
const DNS_PORT = 53;
const NO_ERROR = 0;
const NO_SUCH_NAME = 3;

export interface ValidatedLookUpParts {
  /** As node:dns takes them; null: those of the system. */
  readonly servers: readonly string[] | null;
  readonly clock: Clock;
}

export function createValidatedLookUp({ servers, clock }: ValidatedLookUpParts): ValidatedLookUp {
  const shared = createSharedAnswers<ValidatedAnswer>({
    clock,
    queue: createLookUpQueue(),
    keptMs: KEPT_MS,
    sizeOf,
  });
  return (question) =>
    shared({ key: `${question.type} ${question.name}`, tenant: question.tenant }, () =>
      askServers(validatorsOf(servers), question),
    );
}

function sizeOf(answer: ValidatedAnswer): number {
  const records = answer.kind === "secure" ? answer.records : [];
  return records.reduce((sum, record) => sum + ANSWER_BYTES + record.length, ANSWER_BYTES);
}

async function askServers(
  servers: readonly string[],
  { name, type }: ValidatedQuestion,
): Promise<ValidatedAnswer> {
  let why = "there is no name server";
  for (let tries = 0; tries < TRIES; tries++) {
    const server = servers[tries % servers.length];
    if (server === undefined) break;
    try {
      const question = { id: randomInt(0x10000), name, type };
      const { code, isValidated, records } = await askServer(placeOf(server), question);
      if (code === NO_ERROR || code === NO_SUCH_NAME)
        return isValidated
          ? { kind: "secure", records: records.slice(0, MAX_RECORDS) }
          : { kind: "insecure" };
      why = `the name server answered with code ${code}`;
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
    }
  }
  return { kind: "failed", why };
}

interface Place {
  readonly host: string;
  readonly port: number;
}

/** @param server an address, with or without a port; one of IPv6 with a port is in brackets */
function placeOf(server: string): Place {
  const [, inBrackets, plain, port] = /^(?:\[(.*)\]|([^:]*))(?::(\d+))?$/.exec(server) ?? [];
  return { host: inBrackets ?? plain ?? server, port: Number(port ?? DNS_PORT) };
}

/** @throws when there is no answer in time */
async function askServer(place: Place, question: DnsQuestion): Promise<DnsReply> {
  const reply = await overUdp(place, question);
  return reply.isTruncated ? overTcp(place, question) : reply;
}

/** What is no reply to the question is not heard, so that a guess of somebody else's changes nothing. */
function overUdp({ host, port }: Place, question: DnsQuestion): Promise<DnsReply> {
  const { promise, resolve, reject } = Promise.withResolvers<DnsReply>();
  const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
  const timer = setTimeout(() => reject(new Error(`${host} did not answer in ${ANSWER_MS} ms`)), ANSWER_MS);
  socket.on("error", reject);
  socket.on("message", (message) => {
    const reply = decodeReply(message, question);
    if (reply !== null) resolve(reply);
  });
  // Connected: the system drops what comes from elsewhere.
  socket.connect(port, host, () => socket.send(encodeQuestion(question)));
  return promise.finally(() => {
    clearTimeout(timer);
    socket.close();
  });
}

function overTcp({ host, port }: Place, question: DnsQuestion): Promise<DnsReply> {
  const { promise, resolve, reject } = Promise.withResolvers<DnsReply>();
  const socket = connect({ host, port });
  const timer = setTimeout(() => reject(new Error(`${host} did not answer in ${ANSWER_MS} ms`)), ANSWER_MS);
  const asked = encodeQuestion(question);
  const frame = Buffer.alloc(FRAME);
  frame.writeUInt16BE(asked.length);
  socket.write(Buffer.concat([frame, asked]));
  let got = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    got = Buffer.concat([got, chunk]);
    if (got.length < FRAME || got.length < FRAME + got.readUInt16BE(0)) return;
    const reply = decodeReply(got.subarray(FRAME, FRAME + got.readUInt16BE(0)), question);
    if (reply === null || reply.isTruncated) reject(new Error(`${host} answered with what is no answer`));
    else resolve(reply);
  });
  socket.on("error", reject);
  socket.on("close", () => reject(new Error(`${host} closed the connection`)));
  return promise.finally(() => {
    clearTimeout(timer);
    socket.destroy();
  });
}
