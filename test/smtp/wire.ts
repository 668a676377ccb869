/** A raw client of lines: sends bytes in pieces of any size, reads line by line, and can start TLS. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";

export class Wire {
  #socket: Socket;
  #buffer = "";
  #isClosed = false;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#listen();
  }

  static async open(port: number): Promise<Wire> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    socket.setNoDelay(true);
    return new Wire(socket);
  }

  #listen(): void {
    this.#socket.on("data", (chunk) => {
      this.#buffer += chunk.toString("latin1");
      this.#wake();
    });
    this.#socket.on("close", () => {
      this.#isClosed = true;
      this.#wake();
    });
    // A server that ends the connection under our hands is what some dialogues are about.
    this.#socket.on("error", () => this.#socket.destroy());
  }

  /** In pieces of `size` bytes, each given time to arrive alone. */
  async send(bytes: Buffer, size: number): Promise<void> {
    for (let at = 0; at < bytes.length && !this.#socket.destroyed; at += size) {
      this.#socket.write(bytes.subarray(at, at + size));
      if (at + size < bytes.length) await new Promise((next) => setImmediate(next));
    }
  }

  /** The next line without its CRLF; null when the server closed before there was one. */
  async line(): Promise<string | null> {
    for (;;) {
      const end = this.#buffer.indexOf("\r\n");
      if (end !== -1) {
        const line = this.#buffer.slice(0, end);
        this.#buffer = this.#buffer.slice(end + 2);
        return line;
      }
      if (this.#isClosed) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** What was received and not read, without waiting. */
  get rest(): string {
    return this.#buffer;
  }

  async startTls(certificate: string): Promise<void> {
    const plain = this.#socket;
    for (const event of ["data", "close", "error"]) plain.removeAllListeners(event);
    const secure = connectTls({ socket: plain, ca: certificate, servername: "mx.rookery.test" });
    await once(secure, "secureConnect");
    this.#socket = secure;
    this.#listen();
  }

  /** Says that nothing more will be sent, and still reads. */
  end(): void {
    this.#socket.end();
  }

  close(): void {
    this.#socket.destroy();
  }
}
