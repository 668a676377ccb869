/** Mails of one size over SMTP sessions that stay open: the same load for us, who ask who it is, and for Postfix, who does not. */
import { SmtpSession } from "../../test/support/smtp-client.ts";
import { domainName } from "./peers.ts";

export const BODY_BYTES = 5000;
/** Sessions at once, as many for either. */
const SESSIONS = 20;

const body = `${"x".repeat(70)}\r\n`.repeat(Math.ceil(BODY_BYTES / 72));

export interface Load {
  readonly port: number;
  /** Inboxes, one a session in turn, with what they sign in; null: nobody has to. */
  readonly senders: readonly { readonly inbox: string; readonly key: string | null }[];
  readonly messages: number;
  readonly domains: number;
  /** Told apart from those of other loads by it. */
  readonly name: string;
}

/** The text of mail `index` to its recipient. */
const written = ({ name }: Load, from: string, to: string, index: number): string =>
  `From: ${from}\r\nTo: ${to}\r\nSubject: bench ${index}\r\nMessage-ID: <${name}-${index}@bench.test>\r\n` +
  `Date: ${new Date().toUTCString().replace("GMT", "+0000")}\r\n\r\n${body}.\r\n`;

/** @returns a session that may send. @throws Error when it is not let in */
async function sessionOf(port: number, { inbox, key }: Load["senders"][number]): Promise<SmtpSession> {
  const session = await SmtpSession.open(port);
  await session.reply();
  await session.command("EHLO bench.test");
  if (key === null) return session;
  const reply = await session.command(`AUTH PLAIN ${Buffer.from(`\0${inbox}\0${key}`).toString("base64")}`);
  if (!reply.startsWith("235")) throw new Error(`not let in: ${reply}`);
  return session;
}

/** One mail. @throws Error unless it is accepted */
async function send(session: SmtpSession, load: Load, from: string, index: number): Promise<void> {
  const to = `you${index}@${domainName(index % load.domains)}`;
  session.write(`MAIL FROM:<${from}>\r\nRCPT TO:<${to}>\r\nDATA\r\n`);
  let reply = "";
  for (let line = 0; line < 3; line++) reply = await session.reply();
  if (reply.startsWith("354")) {
    session.write(written(load, from, to, index));
    reply = await session.reply();
  }
  if (!reply.startsWith("250")) throw new Error(`not taken: ${reply}`);
}

/** Resolves when all are accepted. @returns how long each took, milliseconds */
export async function submitAll(load: Load): Promise<number[]> {
  const took: number[] = [];
  let begun = 0;
  const lane = async (sender: Load["senders"][number]): Promise<void> => {
    const session = await sessionOf(load.port, sender);
    for (let index = begun++; index < load.messages; index = begun++) {
      const began = performance.now();
      await send(session, load, sender.inbox, index);
      took.push(performance.now() - began);
    }
    session.close();
  };
  const lanes = Array.from({ length: SESSIONS }, (_, n) => load.senders[n % load.senders.length]);
  await Promise.all(lanes.flatMap((sender) => (sender === undefined ? [] : [lane(sender)])));
  return took;
}
