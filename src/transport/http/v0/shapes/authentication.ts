/** What SPF, DKIM, DMARC and ARC made of a received message: ours, for the vendor shows them in a header alone. */
import { z } from "@hono/zod-openapi";

const spfResults = ["none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"] as const;
const dkimResults = ["pass", "fail", "policy", "neutral", "temperror", "permerror"] as const;
const dmarcResults = ["none", "pass", "fail", "temperror", "permerror"] as const;

export const v0Authentication = z
  .object({
    spf: z.object({
      result: z.enum(spfResults),
      domain: z.string().openapi({ description: "Of the reverse-path, or of HELO." }),
      identity: z.enum(["mailfrom", "helo"]).openapi({ description: "Which of them." }),
    }),
    dkim: z
      .array(z.object({ result: z.enum(dkimResults), domain: z.string(), selector: z.string() }))
      .openapi({ description: "One for each signature, ten at most; empty when it is not signed." }),
    dmarc: z.object({
      result: z.enum(dmarcResults),
      domain: z.string().openapi({ description: "Of the author in From; empty when there is none." }),
      policy: z
        .enum(["none", "quarantine", "reject"])
        .nullable()
        .openapi({ description: "What the domain asks for mail that fails; null: it has no policy." }),
    }),
    arc: z.object({
      result: z.enum(["none", "pass", "fail", "temperror"]),
      domain: z.string().nullable().openapi({ description: "Who sealed it last; null without seals." }),
    }),
  })
  .openapi("MessageAuthentication", {
    title: "Verdicts of SPF, DKIM, DMARC and ARC",
    description:
      "Of received mail, with the results of RFC 8601. Absent from sent mail, from mail that was sent here, and from that of clients whose mail is not checked.",
    example: {
      spf: { result: "pass", domain: "example.org", identity: "mailfrom" },
      dkim: [{ result: "pass", domain: "example.org", selector: "s1" }],
      dmarc: { result: "pass", domain: "example.org", policy: "reject" },
      arc: { result: "none", domain: null },
    },
  });
