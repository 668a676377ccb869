/** What benches ask of the server over the API and SMTP, and tenants made so. */
import { SmtpSession } from "../test/support/smtp-client.ts";
import type { Target } from "./fairness/flood.ts";

export interface Tenant {
  readonly pod: string;
  /** Key of the pod. */
  readonly key: string;
  /** Addresses. */
  readonly inboxes: readonly string[];
}

/** @throws Error unless it is answered with 2xx */
export async function ask(
  { baseUrl }: Pick<Target, "baseUrl">,
  key: string,
  path: string,
  body?: object,
): Promise<Record<string, unknown>> {
  const answer = await fetch(`${baseUrl}/v0${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${key}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${text}`);
  // Cast: an object, in the API's own contract.
  return JSON.parse(text) as Record<string, unknown>;
}

/** A pod with a key of its own and so many inboxes, `name-0@...` and on. */
export async function makeTenant(target: Target, name: string, inboxes: number): Promise<Tenant> {
  const pod = String((await ask(target, target.rootKey, "/pods", { name }))["pod_id"]);
  const key = String((await ask(target, target.rootKey, `/pods/${pod}/api-keys`, { name }))["api_key"]);
  const addresses: string[] = [];
  for (let index = 0; index < inboxes; index++)
    addresses.push(
      String((await ask(target, key, `/pods/${pod}/inboxes`, { username: `${name}-${index}` }))["inbox_id"]),
    );
  return { pod, key, inboxes: addresses };
}

/** Sessions that fill an inbox, and the mails of each transaction group. */
const FILLING_SESSIONS = 10;

/** Stores so many small mails in an inbox, over SMTP. */
export async function fillInbox({ smtpPort }: Target, inbox: string, count: number): Promise<void> {
  const lane = async (first: number): Promise<void> => {
    const session = await openSession(smtpPort);
    for (let index = first; index < count; index += FILLING_SESSIONS)
      await sendMail(session, [inbox], `<filled-${index}@bench.test>`);
    session.close();
  };
  await Promise.all(Array.from({ length: FILLING_SESSIONS }, (_, index) => lane(index)));
}

/** A session after its EHLO. @throws Error when it is not admitted */
export async function openSession(smtpPort: number, from?: string): Promise<SmtpSession> {
  const session = await SmtpSession.open(smtpPort, from);
  const greeting = await session.reply();
  const hello = greeting.startsWith("220") ? await session.command("EHLO bench.test") : "";
  if (hello.startsWith("250")) return session;
  session.close();
  throw new Error(`not admitted: ${greeting}`);
}

/** @throws Error unless the mail is taken; the session is closed then */
export async function sendMail(session: SmtpSession, to: readonly string[], id: string): Promise<void> {
  const recipients = to.map((address) => `RCPT TO:<${address}>\r\n`).join("");
  session.write(`MAIL FROM:<a@outside.test>\r\n${recipients}DATA\r\n`);
  let reply = "";
  for (let line = 0; line < to.length + 2; line++) reply = await session.reply();
  if (reply.startsWith("354")) {
    session.write(`From: a@outside.test\r\nMessage-ID: ${id}\r\nSubject: bench\r\n\r\nHello.\r\n.\r\n`);
    reply = await session.reply();
  }
  if (reply.startsWith("250")) return;
  session.close();
  throw new Error(`not taken: ${reply}`);
}
