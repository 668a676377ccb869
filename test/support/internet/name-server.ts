/** A name server on UDP and TCP (RFC 1035) that answers, lies, refuses or stays silent, as its zone says. */
import { once } from "node:events";
import { Socket } from "node:net";
import {
  createTCPServer,
  createUDPServer,
  type DnsHandler,
  Packet,
  type Question,
  type TCPServer,
  type UDPServer,
} from "dns2";
import { encoded, recordsOf, resource, typeNameOf } from "./records.ts";
import { type DnsFailure, entryOf, isFailure, type Zone } from "./zone.ts";

export interface NameServer {
  /** As settings name it. */
  readonly server: string;
  /** Changes with the test. */
  readonly zone: Zone;
  /** Domains that are signed: it vouches for answers about them and what is below (AD), as a server that validates. */
  readonly signed: Set<string>;
  /** Questions so far, over UDP or TCP: `MX name`. */
  readonly questions: string[];
  close(): void;
}

export async function startNameServer(zone: Zone, address = "127.0.0.1"): Promise<NameServer> {
  const questions: string[] = [];
  const signed = new Set<string>();
  const sockets = new Set<Socket>();
  const serve: DnsHandler = (request, send, client) => {
    const [question] = request.questions;
    if (question === undefined) return;
    questions.push(`${typeNameOf(question.type) ?? question.type} ${question.name.toLowerCase()}`);
    const answer = answerOf(zone, request, question);
    if (answer instanceof Packet)
      Object.assign(answer.header, { ad: isSigned(signed, question.name) ? 1 : 0 });
    if (answer === "silent") return;
    // Sent without the frame of TCP, and over UDP cut to its limit, by dns2.
    if (answer !== "cut") return void send(answer);
    if (client instanceof Socket) client.end(CUT);
    else void send(truncated(request));
  };
  const listen = async (): Promise<readonly [UDPServer, TCPServer] | null> => {
    const udp = createUDPServer(serve);
    await udp.listen(0, address);
    const tcp = createTCPServer(serve).listen(udp.address().port, address);
    const isBound = await once(tcp, "listening").then(
      () => true,
      () => false,
    );
    if (isBound) return [udp, tcp];
    udp.close();
    return null;
  };
  const [udp, tcp] = await firstOf(listen);
  tcp.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => undefined);
  });
  return {
    server: `${address}:${udp.address().port}`,
    ...{ zone, signed, questions },
    close() {
      udp.close();
      tcp.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Tries of a port that is free on UDP and may be taken on TCP. */
const PORTS_TRIED = 20;

async function firstOf<Result>(find: () => Promise<Result | null>): Promise<Result> {
  for (let tries = 0; tries < PORTS_TRIED; tries++) {
    const found = await find();
    if (found !== null) return found;
  }
  throw new Error("no port is free on both UDP and TCP");
}

const isSigned = (signed: ReadonlySet<string>, name: string): boolean =>
  [...signed].some((domain) => `.${name.toLowerCase()}`.endsWith(`.${domain}`));

/** Announces 65,535 octets, and has fewer. */
const CUT = Buffer.concat([Buffer.from([0xff, 0xff]), Buffer.alloc(1000)]);
/** Aliases that are followed inside the zone. */
const MAX_ALIASES = 16;

function answerOf(zone: Zone, request: Packet, question: Question): Packet | Buffer | "silent" | "cut" {
  const response = Packet.createResponseFromRequest(request);
  Object.assign(response.header, { ra: 1, aa: 1 });
  let name = question.name.toLowerCase();
  const type = typeNameOf(question.type);
  for (let aliases = 0; aliases < MAX_ALIASES; aliases++) {
    const entry = entryOf(zone, name);
    if (entry === null) {
      response.header.rcode = Packet.RCODE.NXDOMAIN;
      break;
    }
    const found = isFailure(entry) ? entry : type === null ? [] : recordsOf(entry)[type];
    if (isFailure(found)) return failed(response, found);
    const alias = isFailure(entry) ? undefined : recordsOf(entry).CNAME;
    if (alias === undefined || type === "CNAME") {
      if (type !== null)
        for (const text of [found ?? []].flat()) response.answers.push(resource(name, type, text));
      break;
    }
    if (isFailure(alias)) return failed(response, alias);
    response.answers.push(resource(name, "CNAME", alias));
    name = alias.toLowerCase();
    // A target of another zone is for the client to ask for.
    if (entryOf(zone, name) === null) break;
  }
  return encoded(response);
}

function failed(response: Packet, failure: DnsFailure): Packet | Buffer | "silent" | "cut" {
  switch (failure) {
    case "silent":
    case "cut":
      return failure;
    case "servfail":
    case "refused":
      response.header.rcode = failure === "servfail" ? Packet.RCODE.SERVFAIL : Packet.RCODE.REFUSED;
      return response;
    case "forged":
      response.header.id = (response.header.id + 1) & 0xffff;
      response.answers.push(resource(response.questions[0]?.name ?? "", "A", "192.0.2.66"));
      return response;
    case "misnamed":
      response.questions = [new Packet.Question({ ...response.questions[0], name: "other.test" })];
      response.answers.push(resource("other.test", "A", "192.0.2.66"));
      return response;
    case "garbage": {
      const octets = Buffer.alloc(100, 0xa5);
      octets.writeUInt16BE(response.header.id, 0);
      return octets;
    }
  }
}

function truncated(request: Packet): Packet {
  const response = Packet.createResponseFromRequest(request);
  response.header.tc = 1;
  return response;
}
