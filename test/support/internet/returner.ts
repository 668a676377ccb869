/** A mail host that takes mail, and sends a report of non-delivery to its envelope sender, as servers behind a gateway do. */
import type { DeliveryOutcome } from "../../../src/egress/smtp/outcome.ts";
import { internetClient } from "./client.ts";
import type { Internet } from "./internet.ts";
import type { MailHost, Received } from "./mail-host.ts";

export interface Returner {
  /** Of each report that was sent, what the other side said. */
  readonly outcomes: Promise<DeliveryOutcome>[];
  /** Sends any mail as the host would, to the servers that DNS names. @param from empty: the null reverse-path */
  send(from: string, to: string, raw: string): Promise<DeliveryOutcome>;
  close(): void;
}

/** RFC 3464. */
export const reportOf = (address: string, status: string, reply: string): string =>
  [
    "From: Mail Delivery System <MAILER-DAEMON@mx.outside.test>",
    "Subject: Undelivered Mail Returned to Sender",
    "Auto-Submitted: auto-replied",
    "MIME-Version: 1.0",
    "Content-Type: multipart/report; report-type=delivery-status; boundary=report",
    "",
    "--report",
    "Content-Type: text/plain",
    "",
    `<${address}>: host inner.outside.test said: ${reply}`,
    "--report",
    "Content-Type: message/delivery-status",
    "",
    "Reporting-MTA: dns; mx.outside.test",
    "",
    `Final-Recipient: rfc822; ${address}`,
    "Action: failed",
    `Status: ${status}`,
    `Diagnostic-Code: smtp; ${reply}`,
    "--report--",
    "",
  ].join("\r\n");

/** RFC 5965. */
export const complaintOf = (returnPath: string): string =>
  [
    "From: <feedback@outside.test>",
    "Subject: Complaint",
    "MIME-Version: 1.0",
    "Content-Type: multipart/report; report-type=feedback-report; boundary=report",
    "",
    "--report",
    "Content-Type: text/plain",
    "",
    "One of our users reported this message.",
    "--report",
    "Content-Type: message/feedback-report",
    "",
    "Feedback-Type: abuse",
    "User-Agent: outside/1.0",
    "Version: 1",
    `Original-Mail-From: <${returnPath}>`,
    "--report--",
    "",
  ].join("\r\n");

/** Has the host return what it takes for recipients whose local part begins with `returned`. */
export function startReturner(internet: Internet, host: MailHost): Returner {
  const client = internetClient(internet, { ehloName: "mx.outside.test" });
  const send: Returner["send"] = (from, to, raw) =>
    client.send(to, { mailFrom: from, raw: Buffer.from(raw) });
  const outcomes: Promise<DeliveryOutcome>[] = [];
  const returned = ({ from, to }: Received): void => {
    for (const address of to.filter((one) => one.startsWith("returned")))
      outcomes.push(send("", from, reportOf(address, "5.1.1", "550 5.1.1 no such user inside")));
  };
  const before = host.script.answer;
  host.script = {
    ...host.script,
    answer(step, line, session) {
      const mail = host.messages.at(-1);
      if (step === "MESSAGE" && mail !== undefined) returned(mail);
      return before?.(step, line, session) ?? null;
    },
  };
  return { outcomes, send, close: () => client.close() };
}
