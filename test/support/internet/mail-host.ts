/** A mail host of the test internet: an SMTP server (RFC 5321) that says what its script has it say, well or badly. */
import { createServer, type Server, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import type { Authority, CertificateKind } from "./certificates.ts";

/** What is answered; or the connection is closed without an answer, or left without one. */
export type Answer = string | "drop" | "silent";
/** Greeting and end of message are steps too. */
export type Step =
  | "GREETING"
  | "EHLO"
  | "HELO"
  | "STARTTLS"
  | "AUTH"
  | "MAIL"
  | "RCPT"
  | "DATA"
  | "MESSAGE"
  | "RSET"
  | "QUIT";

export interface Received {
  readonly from: string;
  readonly to: readonly string[];
  /** As it came, dots unstuffed, one character an octet. */
  readonly raw: string;
  readonly isTls: boolean;
}

/** PEM: a key, and its certificate with those of its authorities behind it. */
export interface Shown {
  readonly key: string;
  readonly cert: string;
}

export interface HostScript {
  /** Absent: STARTTLS with a good certificate. `broken`: STARTTLS is offered, and the handshake fails. */
  readonly tls?: CertificateKind | Shown | "broken" | "none";
  /** TLS from the first octet. */
  readonly implicitTls?: boolean;
  /** Keywords of EHLO beside STARTTLS. Absent: EXTENSIONS. */
  readonly extensions?: readonly string[];
  /** What a step is answered with; null: as a server that is well. The line is what was sent; a MESSAGE's are its recipients. */
  readonly answer?: (step: Step, line: string, session: SessionFacts) => Answer | null;
  /** Octets of a message after which the connection is closed. */
  readonly dropAfterBytes?: number;
}

export interface SessionFacts {
  /** Connections of this host so far, this one included. */
  readonly connection: number;
  readonly isTls: boolean;
}

export interface MailHost {
  /** May be replaced during a test. */
  script: HostScript;
  readonly messages: Received[];
  /** Lines of all sessions, with the greeting's step as an empty line. */
  readonly lines: string[];
  /** Connections so far. */
  connections(): number;
  /** Connections that are open. */
  open(): number;
  /** Closes every connection that is open, as a server that restarts. */
  dropAll(): void;
  readonly server: Server;
}

export const EXTENSIONS = [
  "PIPELINING",
  "SIZE 50000000",
  "8BITMIME",
  "SMTPUTF8",
  "ENHANCEDSTATUSCODES",
] as const;

const WELL: Readonly<Record<Step, Answer>> = {
  GREETING: "220 here ESMTP",
  EHLO: "",
  HELO: "250 here",
  STARTTLS: "220 2.0.0 ready",
  AUTH: "235 2.7.0 welcome",
  MAIL: "250 2.1.0 ok",
  RCPT: "250 2.1.5 ok",
  DATA: "354 go on",
  MESSAGE: "250 2.0.0 taken",
  RSET: "250 2.0.0 ok",
  QUIT: "221 2.0.0 bye",
};

export function createMailHost(name: string, authority: Authority, first: HostScript): MailHost {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    // Replies to pipelined commands are small writes: with Nagle's algorithm each group takes 40 ms.
    socket.setNoDelay(true);
    socket.on("close", () => sockets.delete(socket)).on("error", () => undefined);
    void converse({ name, authority, host }, socket, ++connections);
  });
  const host: MailHost = {
    ...{ script: first, messages: [], lines: [], server },
    connections: () => connections,
    open: () => sockets.size,
    dropAll() {
      for (const socket of sockets) socket.destroy();
    },
  };
  return host;
}

interface Place {
  readonly name: string;
  readonly authority: Authority;
  readonly host: MailHost;
}

async function secured({ name, authority, host }: Place, socket: Socket): Promise<Socket> {
  // What the client sends meanwhile waits for the new reader.
  socket.pause();
  const kind = host.script.tls ?? "good";
  const { key, cert } =
    typeof kind === "object"
      ? kind
      : await authority.issue(name, kind === "broken" || kind === "none" ? "good" : kind);
  const tls = new TLSSocket(socket, { isServer: true, secureContext: createSecureContext({ key, cert }) });
  tls.on("error", () => socket.destroy());
  return tls;
}

/** One session. Lines are answered one after the other, so that pipelined ones are too. */
async function converse(place: Place, plain: Socket, connection: number): Promise<void> {
  const { host } = place;
  const isImplicit = host.script.implicitTls === true;
  let socket = isImplicit ? await secured(place, plain) : plain;
  let isTls = isImplicit;
  /** From the first step that is not answered: a later answer would be taken for that one's. */
  let isSilent = false;
  let [from, to]: [string, string[]] = ["", []];
  let hasMail = false;
  const disorder = (step: Step): Answer | null => {
    if (step === "STARTTLS" && host.script.tls === "none") return "502 5.5.1 not here";
    const isEarly = (step === "RCPT" && !hasMail) || (step === "DATA" && to.length === 0);
    const isNested = step === "MAIL" && hasMail;
    return isEarly || isNested ? "503 5.5.1 not now" : null;
  };
  const say = (step: Step, line: string): Answer => {
    const told = host.script.answer?.(step, line, { connection, isTls }) ?? null;
    const answer = told ?? disorder(step) ?? (step === "EHLO" ? ehlo(place, isTls) : WELL[step]);
    if (answer === "silent") isSilent = true;
    if (answer === "drop") plain.destroy();
    else if (!isSilent) socket.write(`${answer}\r\n`);
    return answer;
  };
  const take = async (line: string): Promise<"data" | "tls" | "go on"> => {
    host.lines.push(line);
    const verb = (line.split(/[ :]/)[0] ?? "").toUpperCase();
    const step = isStep(verb) ? verb : null;
    if (step === null) socket.write("500 5.5.2 what?\r\n");
    else {
      const answer = say(step, line);
      if (step === "QUIT") socket.end();
      if (step === "MAIL" && !hasMail) [from, to, hasMail] = [pathOf(line), [], answer.startsWith("2")];
      if (step === "RSET" || step === "EHLO") [to, hasMail] = [[], false];
      if (step === "RCPT" && answer.startsWith("2")) to.push(pathOf(line));
      if (step === "STARTTLS" && answer.startsWith("2")) return "tls";
      if (step === "DATA" && answer.startsWith("3")) return "data";
    }
    return "go on";
  };
  const taken = (raw: string): void => {
    host.messages.push({ from, to, raw, isTls });
    hasMail = false;
    if (!/^2|drop|silent/.test(say("MESSAGE", to.join(" ")))) host.messages.pop();
  };
  const upgrade = async (): Promise<void> => {
    // Behind the first octets of the handshake: what comes with the reply to STARTTLS is not taken for an answer to it.
    if (host.script.tls === "broken")
      return void plain.once("data", () => plain.write("this is not TLS at all\r\n"));
    [socket, isTls] = [await secured(place, plain), true];
    read();
  };
  const read = (): void =>
    readLines(socket, { take, taken, upgrade, dropAfterBytes: host.script.dropAfterBytes });
  say("GREETING", "");
  read();
}

function ehlo({ name, host }: Place, isTls: boolean): string {
  const offersTls = host.script.tls !== "none" && !isTls;
  const words = [name, ...(offersTls ? ["STARTTLS"] : []), ...(host.script.extensions ?? EXTENSIONS)];
  return words.map((word, index) => `250${index === words.length - 1 ? " " : "-"}${word}`).join("\r\n");
}

const pathOf = (line: string): string => /<(.*?)>/.exec(line)?.[1] ?? "";
const isStep = (verb: string): verb is Step =>
  Object.hasOwn(WELL, verb) && verb !== "GREETING" && verb !== "MESSAGE";

interface Reading {
  take(line: string): Promise<"data" | "tls" | "go on">;
  taken(raw: string): void;
  upgrade(): Promise<void>;
  readonly dropAfterBytes: number | undefined;
}

function readLines(socket: Socket, { take, taken, upgrade, dropAfterBytes }: Reading): void {
  let [text, isData, received] = ["", false, 0];
  let turn = Promise.resolve();
  const work = async (): Promise<void> => {
    for (;;) {
      const end = isData ? text.indexOf("\r\n.\r\n") : text.indexOf("\r\n");
      if (isData && dropAfterBytes !== undefined && received >= dropAfterBytes) return void socket.destroy();
      if (end === -1) return;
      const part = text.slice(0, end);
      text = text.slice(end + (isData ? 5 : 2));
      if (isData) {
        isData = false;
        // The line break before the first line is the command's.
        taken(`${part.slice(2).replaceAll("\r\n..", "\r\n.")}\r\n`);
        continue;
      }
      const next = await take(part);
      if (next === "tls") {
        socket.removeListener("data", onData);
        return upgrade();
      }
      if (next === "data") [isData, text] = [true, `\r\n${text}`];
    }
  };
  const onData = (chunk: Buffer): void => {
    text += chunk.toString("latin1");
    if (isData) received += chunk.byteLength;
    turn = turn.then(work);
  };
  socket.on("data", onData).on("error", () => undefined);
}
