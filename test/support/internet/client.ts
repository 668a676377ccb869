/** Our SMTP client in the test internet, put together as the product does it. */
import { createResolver } from "../../../src/egress/dns/resolver.ts";
import { createGuardedClient } from "../../../src/egress/http/guarded-request.ts";
import { createSmtpClient, type SmtpClient, type SmtpClientParts } from "../../../src/egress/smtp/client.ts";
import { DEADLINES } from "../../../src/egress/smtp/limits.ts";
import type { DeliveryOutcome, OutgoingMail } from "../../../src/egress/smtp/outcome.ts";
import { createStsPolicies } from "../../../src/egress/smtp/sts-policies.ts";
import { type Clock, systemClock } from "../../../src/lib/clock.ts";
import type { Internet } from "./internet.ts";

export interface TestClient extends SmtpClient {
  /** Mail of one pod to these addresses of one domain. */
  send(to: string | readonly string[], more?: Partial<OutgoingMail>): Promise<DeliveryOutcome>;
}

export const RAW = Buffer.from("From: a@sender.test\r\nSubject: hello\r\n\r\nHello\r\n");

/** @param policyPort of MTA-STS policies */
export function internetClient(
  internet: Internet,
  more: Partial<SmtpClientParts> & { readonly policyPort?: number } = {},
): TestClient {
  const clock: Clock = more.clock ?? systemClock;
  const resolver = createResolver({ servers: [internet.dns.server], clock });
  const { resolve, lookUp } = resolver;
  const guarded = createGuardedClient({ allowPrivate: true, resolve }, 0);
  const { policyPort: port } = more;
  const client = createSmtpClient({
    ...{
      resolve,
      lookUp,
      clock,
      relay: null,
      allowPrivate: true,
      ehloName: "mx.sender.test",
      port: internet.port,
    },
    policies: createStsPolicies({
      lookUp,
      client: guarded,
      userAgent: "test",
      clock,
      ...(port !== undefined && { port }),
    }),
    validated: null,
    isOurs: (name) => name === "mx.sender.test",
    ownAddresses: () => new Set(),
    random: () => 0.5,
    deadlines: DEADLINES,
    ...more,
  });
  return {
    ...client,
    send(to, mail = {}) {
      const recipients = [to].flat();
      const domain = recipients[0]?.split("@").at(-1) ?? "";
      return client.deliver({
        tenant: "pod",
        domain,
        mailFrom: "a@sender.test",
        recipients,
        raw: RAW,
        ...mail,
      });
    },
    close() {
      client.close();
      guarded.close();
      resolver.close();
    },
  };
}
