/** Peers that answer with noise: every message has an outcome, and no connection is left behind. */
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../../../test/support/eventually.ts";
import { internetClient, type TestClient } from "../../../test/support/internet/client.ts";
import { type Internet, startInternet } from "../../../test/support/internet/internet.ts";
import type { Answer, MailHost, Step } from "../../../test/support/internet/mail-host.ts";
import { DEADLINES } from "./limits.ts";

let internet: Internet;
let host: MailHost;
let client: TestClient;
beforeAll(async () => {
  internet = await startInternet();
  host = await internet.domain("noise.test", { tls: "none" });
  client = internetClient(internet, {
    deadlines: { ...DEADLINES, setUpMs: 200, envelopeMs: 200, dataMs: 200, messageMs: 200 },
  });
});
afterAll(() => {
  client.close();
  internet.close();
});

const steps: readonly Step[] = ["GREETING", "EHLO", "HELO", "MAIL", "RCPT", "DATA", "MESSAGE"];
const code = fc.integer({ min: 0, max: 999 }).map(String);
const line = fc.tuple(
  fc.option(code),
  fc.constantFrom(" ", "-", ""),
  fc.string({ unit: "binary", maxLength: 40 }),
);
const answer: fc.Arbitrary<Answer | null> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constantFrom<Answer>("drop", "silent") },
  {
    weight: 4,
    arbitrary: fc
      .array(line, { minLength: 1, maxLength: 4 })
      .map((lines) => lines.map(([number, sign, text]) => `${number ?? ""}${sign}${text}`).join("\r\n")),
  },
);
const script = fc.tuple(...steps.map(() => answer));

it("the outcome of each recipient is one that can be recorded, whatever is said at any step", async () => {
  await fc.assert(
    fc.asyncProperty(script, fc.boolean(), async (answers, isPipelined) => {
      host.script = {
        tls: "none",
        ...(!isPipelined && { extensions: [] }),
        answer: (step) => answers[steps.indexOf(step)] ?? null,
      };
      const to = ["b@noise.test", "c@noise.test"];
      const { recipients } = await client.send(to);
      expect(recipients.map(({ address }) => address)).toEqual(to);
      for (const { kind, code: replied, enhancedCode, reply, fault } of recipients) {
        expect(kind).toMatch(/^(accepted|deferred|refused)$/);
        expect(replied === null || (replied >= 200 && replied <= 599)).toBe(true);
        expect(enhancedCode ?? "4.0.0").toMatch(/^[245]\.\d{1,3}\.\d{1,3}$/);
        expect(reply).toMatch(/^\P{C}{0,400}$/u);
        expect(fault === null).toBe(kind === "accepted");
      }
    }),
    { seed: 0x5eed, numRuns: 80 },
  );
  client.close();
  await eventually("no connection is left", async () => host.open() === 0);
});
