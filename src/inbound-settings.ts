/** Settings of how mail that arrives is judged. */
import { z } from "zod";
import { isDomainName } from "./protocols/address/index.ts";
import { networks, webUrl } from "./setting-schemas.ts";

/** Lists that are asked about one mail: each is a look-up. */
const MOST_LISTS = 5;

export const inboundSettings = {
  ROOKERY_INBOUND_CHECKS: {
    takes: z.enum(["0", "1"], "it takes 0 or 1").prefault("1"),
    doc: "1: SPF, DKIM, DMARC and ARC of mail from other servers are checked. 0: none is, and no mail is labelled unauthenticated or, but by rules, spam.",
  },
  ROOKERY_UNCHECKED_NETWORKS: {
    takes: networks.prefault("127.0.0.0/8,::1"),
    doc: "Addresses and networks, comma-separated, whose mail is not checked: this machine, a relay or a gateway that has checked it.",
  },
  ROOKERY_DNSBL: {
    takes: z
      .string()
      .prefault("")
      .transform((text) => text.split(",").flatMap((part) => part.trim() || []))
      .refine((zones) => zones.length <= MOST_LISTS && zones.every(isDomainName), {
        error: `it takes domains of DNS blocklists separated by commas, ${MOST_LISTS} at most`,
      }),
    doc: "DNS blocklists that policies with use_list_dnsbl ask about the client's address, such as zen.spamhaus.org; absent: none. Each has its terms of use.",
  },
  ROOKERY_RSPAMD_URL: {
    takes: webUrl.optional(),
    doc: "rspamd that is asked about each checked mail, such as http://127.0.0.1:11333; absent: none is. Its verdict joins the spam score. A mail that it has no answer for within 1.5 s is stored without.",
  },
} as const;

type Values = {
  readonly [Key in keyof typeof inboundSettings]: z.output<(typeof inboundSettings)[Key]["takes"]>;
};

export interface InboundConfig {
  readonly checks: boolean;
  /** Networks whose mail is not checked. */
  readonly unchecked: readonly string[];
  /** Domains of DNS blocklists. */
  readonly blocklists: readonly string[];
  /** Without a slash at its end. Null: there is none. */
  readonly rspamdUrl: string | null;
}

export const inboundOf = (values: Values): InboundConfig => ({
  checks: values.ROOKERY_INBOUND_CHECKS === "1",
  unchecked: values.ROOKERY_UNCHECKED_NETWORKS,
  blocklists: values.ROOKERY_DNSBL,
  rspamdUrl: values.ROOKERY_RSPAMD_URL ?? null,
});

/** What contradicts each other in them. */
export const inboundConflicts = (values: Values): string[] =>
  values.ROOKERY_RSPAMD_URL !== undefined && values.ROOKERY_INBOUND_CHECKS === "0"
    ? ['ROOKERY_INBOUND_CHECKS is "0": with ROOKERY_RSPAMD_URL it takes 1']
    : [];
