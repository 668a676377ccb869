/** What SPF, DKIM, DMARC and ARC made of a received message: ours, for the vendor shows them in a header alone. */
import { z } from "@hono/zod-openapi";
import { filterActions } from "../../../../protocols/authentication/spam-filter.ts";
import type { Verdicts } from "../../../../protocols/authentication/verdicts.ts";

const spfResults = ["none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"] as const;
const dkimResults = ["pass", "fail", "policy", "neutral", "temperror", "permerror"] as const;
const dmarcResults = ["none", "pass", "fail", "temperror", "permerror"] as const;

const described = <Schema extends z.ZodType>(schema: Schema, description: string): Schema =>
  schema.openapi({ description });

export const v0Authentication = z
  .object({
    spf: described(
      z.object({
        result: described(z.enum(spfResults), "As RFC 7208 has them."),
        domain: described(z.string(), "Of the reverse-path, or of HELO."),
        identity: described(z.enum(["mailfrom", "helo"]), "Which of them was checked."),
      }),
      "Whether the client may send for the domain of the envelope.",
    ),
    dkim: described(
      z.array(
        z.object({
          result: described(z.enum(dkimResults), "policy: valid, but too weak, or of a part of the body."),
          domain: described(z.string(), "Who signed; empty when that was not found out."),
          selector: described(z.string(), "Which of its keys."),
        }),
      ),
      "One for each signature, ten at most; empty when it is not signed.",
    ),
    dmarc: described(
      z.object({
        result: described(z.enum(dmarcResults), "permerror: no author, or several."),
        domain: described(z.string(), "Of the author in From; empty when there is none."),
        policy: described(
          z.enum(["none", "quarantine", "reject"]).nullable(),
          "What the domain asks for mail that fails; null: it has no policy.",
        ),
      }),
      "Whether the author's domain stands behind it.",
    ),
    arc: described(
      z.object({
        result: described(z.enum(["none", "pass", "fail", "temperror"]), "Of the whole chain."),
        domain: described(z.string().nullable(), "Who sealed it last; null without seals."),
      }),
      "Whether the seals of those who forwarded it hold.",
    ),
    rspamd: described(
      z
        .object({
          score: described(z.number(), "The higher, the more it looks like spam."),
          required_score: described(z.number(), "From which on rspamd would refuse it."),
          action: described(z.enum(filterActions), "What its operator's thresholds make of the score."),
          symbols: described(z.array(z.string()), "Rules that weigh most, the heaviest first; ten at most."),
        })
        .optional(),
      "What rspamd makes of it. Absent where there is none, or it had no answer in time.",
    ),
  })
  .optional()
  .openapi({
    description:
      "What SPF, DKIM, DMARC and ARC make of received mail, with the results of RFC 8601. Absent from sent mail, from mail that was sent here, and from that of clients whose mail is not checked.",
    example: {
      spf: { result: "pass", domain: "example.org", identity: "mailfrom" },
      dkim: [{ result: "pass", domain: "example.org", selector: "s1" }],
      dmarc: { result: "pass", domain: "example.org", policy: "reject" },
      arc: { result: "none", domain: null },
    },
  });

export function toV0Authentication({ rspamd, ...verdicts }: Verdicts): Record<string, unknown> {
  if (rspamd === undefined) return verdicts;
  const { requiredScore, ...rest } = rspamd;
  return { ...verdicts, rspamd: { ...rest, required_score: requiredScore } };
}
