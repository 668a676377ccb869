/** Clients of submission that guess the password of one inbox over TLS, from 60 networks. */
import { once } from "node:events";
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { connect as secure } from "node:tls";
import { makeTenant } from "../../client.ts";
import type { Flood } from "../flood.ts";
import { startLanes } from "../lanes.ts";
import { addressOf } from "../networks.ts";

const LANES = 60;
/** After which the server ends a session. */
const GUESSES = 5;

export const passwordGuesses: Flood = {
  name: "password-guesses",
  promise: `${LANES} clients that guess passwords, each of another network, slow nobody`,
  prepare: async (target) => {
    const { inboxes } = await makeTenant(target, "guessed", 1);
    return { inbox: inboxes[0] ?? "" };
  },
  async start({ submissionPort: port }, { inbox }) {
    let guesses = 0;
    return startLanes(LANES, async ({ index, isOver, done }) => {
      const plain = connect({ port, host: "127.0.0.1", localAddress: addressOf(index) });
      const replies = repliesOf(plain);
      await replies.next();
      plain.write("EHLO bench.test\r\nSTARTTLS\r\n");
      while (!(await replies.next()).value?.startsWith("220 "));
      await replies.return?.();
      const socket = secure({ socket: plain, rejectUnauthorized: false });
      socket.on("error", () => undefined);
      await once(socket, "secureConnect");
      const answers = repliesOf(socket);
      socket.write("EHLO bench.test\r\n");
      while (!(await answers.next()).value?.startsWith("250 "));
      for (let guess = 0; guess < GUESSES && !isOver(); guess++) {
        const given = Buffer.from(`\0${inbox}\0Guess-number-${guesses++}-of-many`).toString("base64");
        socket.write(`AUTH PLAIN ${given}\r\n`);
        await answers.next();
        done();
      }
      socket.destroy();
    });
  },
};

const repliesOf = (socket: NodeJS.ReadableStream): AsyncIterator<string> => {
  socket.on("error", () => undefined);
  return createInterface(socket)[Symbol.asyncIterator]();
};
