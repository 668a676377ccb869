/** The customer of the demo: sends a mail with an attachment over a real SMTP socket, and keeps a copy for itself. */
import { createTransport } from "nodemailer";

export interface CustomerMail {
  readonly host: string;
  readonly port: number;
  /** A hosted inbox, so that the reply can be delivered. */
  readonly from: string;
  readonly to: string;
  readonly subject: string;
}

/** @returns its Message-ID, once the server has accepted it */
export async function sendCustomerMail(mail: CustomerMail): Promise<string> {
  const transport = createTransport({
    host: mail.host,
    port: mail.port,
    secure: false,
    tls: { rejectUnauthorized: false },
  });
  const sent = await transport.sendMail({
    from: { name: "A customer", address: mail.from },
    to: mail.to,
    cc: mail.from,
    subject: mail.subject,
    text: "Hello,\n\nthe invoice attached does not add up. Can you look at it?\n\nThanks",
    attachments: [{ filename: "invoice.csv", content: "item,amount\nrookery,42\n", contentType: "text/csv" }],
  });
  transport.close();
  return sent.messageId;
}
