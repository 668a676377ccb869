/**
 * Beginnings of TLS handshakes after STARTTLS, from 200 networks: the same ClientHello each time, which costs its sender nothing, while the
 * server's part takes a signature with its RSA key.
 */

import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { connect } from "node:tls";
import { generate } from "selfsigned";
import { openSession } from "../../client.ts";
import type { Flood } from "../flood.ts";
import { startLanes } from "../lanes.ts";
import { addressOf } from "../networks.ts";

const LANES = 150;

export const tlsHandshakes: Flood = {
  name: "tls-handshakes",
  promise: `${LANES} peers that begin a TLS handshake and leave, each of another network, slow nobody`,
  async settings(directory) {
    const files = { cert: join(directory, "bench-cert.pem"), key: join(directory, "bench-key.pem") };
    const made = await generate([{ name: "commonName", value: "rookery.localhost" }], {
      keySize: 2048,
      algorithm: "sha256",
    });
    await writeFile(files.cert, made.cert);
    await writeFile(files.key, made.private, { mode: 0o600 });
    return { ROOKERY_TLS_CERT_FILE: files.cert, ROOKERY_TLS_KEY_FILE: files.key };
  },
  prepare: async () => ({ hello: (await clientHello()).toString("latin1") }),
  async start({ smtpPort }, { hello }) {
    return startLanes(LANES, async ({ index, done }) => {
      const session = await openSession(smtpPort, addressOf(index));
      await session.command("STARTTLS");
      session.write(String(hello));
      await session.bytes();
      done();
      session.close();
    });
  },
};

/** What a client of Node's says first. */
async function clientHello(): Promise<Buffer> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  // Cast: it listens on TCP.
  const client = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" });
  client.on("error", () => undefined);
  const [socket] = (await once(server, "connection")) as [Socket];
  const [hello] = (await once(socket, "data")) as [Buffer];
  client.destroy();
  server.close();
  return hello;
}
