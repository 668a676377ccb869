/** A name server on UDP (RFC 1035) that answers, lies, refuses or stays silent, as its zone says. */
import { createSocket, type RemoteInfo } from "node:dgram";
import { once } from "node:events";
import { isIPv6 } from "node:net";

/** Addresses of a name; or what becomes of the question. `forged`: the answer has another question's id. */
export type Zone = Record<string, readonly string[] | "silent" | "refused" | "forged">;

export interface DnsServer {
  /** As settings name it. */
  readonly server: string;
  /** Changes with the test. A name that is not in it does not exist. */
  readonly zone: Zone;
  /** Questions so far: `A name` or `AAAA name`. */
  readonly questions: string[];
  close(): void;
}

const TYPES = { 1: "A", 28: "AAAA" } as const;
const [NXDOMAIN, REFUSED] = [3, 5];
const HEADER_BYTES = 12;

export async function startDnsServer(zone: Zone): Promise<DnsServer> {
  const socket = createSocket("udp4");
  const questions: string[] = [];
  socket.on("message", (query: Buffer, from: RemoteInfo) => {
    const { name, type, end } = questionOf(query);
    questions.push(`${type} ${name}`);
    const found = zone[name] ?? "absent";
    if (found === "silent") return;
    const send = (answer: Buffer): void => socket.send(answer, from.port, from.address);
    const question = query.subarray(HEADER_BYTES, end);
    if (found === "absent") return send(message(query, NXDOMAIN, question, []));
    if (found === "refused") return send(message(query, REFUSED, question, []));
    if (found === "forged") {
      const forged = message(query, 0, question, [["A", "192.0.2.66"]]);
      forged.writeUInt16BE((query.readUInt16BE(0) + 1) & 0xffff, 0);
      return send(forged);
    }
    const records = found.map((address): [string, string] => [isIPv6(address) ? "AAAA" : "A", address]);
    send(
      message(
        query,
        0,
        question,
        records.filter(([kind]) => kind === type),
      ),
    );
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return { server: `127.0.0.1:${socket.address().port}`, zone, questions, close: () => socket.close() };
}

function questionOf(query: Buffer): { name: string; type: string; end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += length + 1;
  }
  const code = query.readUInt16BE(at + 1);
  return {
    name: labels.join(".").toLowerCase(),
    type: code === 1 || code === 28 ? TYPES[code] : String(code),
    end: at + 5,
  };
}

/** Answer, recursion available; each record for 60 seconds. */
function message(
  query: Buffer,
  code: number,
  question: Buffer,
  records: readonly (readonly [string, string])[],
): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(query.readUInt16BE(0), 0);
  header.writeUInt16BE(0x8180 | code, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  const answers = records.map(([type, address]) => {
    const bytes = type === "A" ? Buffer.from(address.split(".").map(Number)) : v6Bytes(address);
    const record = Buffer.alloc(HEADER_BYTES);
    // A pointer to the question's name.
    record.writeUInt16BE(0xc000 | HEADER_BYTES, 0);
    record.writeUInt16BE(type === "A" ? 1 : 28, 2);
    record.writeUInt16BE(1, 4);
    record.writeUInt32BE(60, 6);
    record.writeUInt16BE(bytes.length, 10);
    return Buffer.concat([record, bytes]);
  });
  return Buffer.concat([header, question, ...answers]);
}

function v6Bytes(address: string): Buffer {
  const [head = "", tail = ""] = address.split("::");
  const groups = (text: string): string[] => (text === "" ? [] : text.split(":"));
  const missing = 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array<string>(missing).fill("0"), ...groups(tail)];
  return Buffer.from(
    all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]),
  );
}
