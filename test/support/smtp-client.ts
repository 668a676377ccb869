/** A raw SMTP session: what is sent, and what came back. */
import { connect, type Socket } from "node:net";

export class SmtpSession {
  readonly #socket: Socket;
  #buffer = "";
  #wake: () => void = () => undefined;
  #closed = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk) => {
      this.#buffer += chunk.toString("latin1");
      this.#wake();
    });
    socket.on("close", () => {
      this.#closed = true;
      this.#wake();
    });
    socket.on("error", () => undefined);
  }

  /** Connects; the greeting is the first reply. @param from address of ours, 127.0.0.1 when absent; Linux has all of 127.0.0.0/8 */
  static async open(port: number, from?: string): Promise<SmtpSession> {
    const socket = connect({ port, host: "127.0.0.1", ...(from !== undefined && { localAddress: from }) });
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    return new SmtpSession(socket);
  }

  /** The next whole reply, all its lines; empty when the server closed the connection. */
  async reply(): Promise<string> {
    for (;;) {
      const end = /^(?:\d{3}-[^\n]*\n)*\d{3} [^\n]*\n/.exec(this.#buffer);
      if (end !== null) {
        this.#buffer = this.#buffer.slice(end[0].length);
        return end[0].trimEnd();
      }
      if (this.#closed) return "";
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** What comes next, a reply or not; empty when the server closed the connection. */
  async bytes(): Promise<string> {
    while (this.#buffer === "" && !this.#closed)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    const bytes = this.#buffer;
    this.#buffer = "";
    return bytes;
  }

  /** Sends bytes as they are; in pieces of `chunk` bytes when given. */
  write(data: string | Uint8Array, chunk = Number.POSITIVE_INFINITY): void {
    const bytes = typeof data === "string" ? Buffer.from(data, "latin1") : Buffer.from(data);
    for (let at = 0; at < bytes.length; at += chunk)
      this.#socket.write(bytes.subarray(at, at + Math.min(chunk, bytes.length)));
  }

  /** Sends a command line and gives its reply. */
  async command(line: string): Promise<string> {
    this.write(`${line}\r\n`);
    return this.reply();
  }

  close(): void {
    this.#socket.destroy();
  }
}

/**
 * Offers one mail to a server that may refuse it; the first reply that is none of success, or else that to its end.
 * @param parameters of MAIL FROM, each with a space in front
 * @param timeoutMs after which the connection is ended; as long as it takes when absent
 */
export async function offerMail(
  port: number,
  from: string,
  to: readonly string[],
  raw: string | Uint8Array,
  parameters = "",
  timeoutMs?: number,
): Promise<string> {
  const session = await SmtpSession.open(port);
  const end = timeoutMs === undefined ? undefined : setTimeout(() => session.close(), timeoutMs);
  try {
    await session.reply();
    const recipients = to.map((address) => `RCPT TO:<${address}>`);
    for (const line of ["EHLO client.test", `MAIL FROM:<${from}>${parameters}`, ...recipients, "DATA"]) {
      const reply = await session.command(line);
      if (!/^[23]/.test(reply)) return reply;
    }
    session.write(raw);
    return await session.command("\r\n.");
  } finally {
    clearTimeout(end);
    session.close();
  }
}

/** Sends one mail; the reply to its end. Recipients that are refused are skipped. */
export async function sendMail(
  port: number,
  from: string,
  to: readonly string[],
  raw: string | Uint8Array,
): Promise<string> {
  const session = await SmtpSession.open(port);
  try {
    await session.reply();
    await session.command("EHLO client.test");
    await session.command(`MAIL FROM:<${from}>`);
    for (const address of to) await session.command(`RCPT TO:<${address}>`);
    await session.command("DATA");
    session.write(raw);
    return await session.command("\r\n.");
  } finally {
    session.close();
  }
}
