/**
 * The public test suite of ARC (ValiMail's arc_test_suite, its half about validation; see fixtures/arc-validation-tests.LICENSE), with keys asked of
 * a name server through the resolver that mail is judged with. Its other half is about sealing, which nothing here does.
 */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isMap, isPair, parseAllDocuments, type YAMLMap } from "yaml";
import { authenticate } from "../../src/egress/authentication/authenticate.ts";
import { nodeResolver } from "../../src/egress/dns/node-resolver.ts";
import { createResolver, type Resolver } from "../../src/egress/dns/resolver.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { verifySignatures } from "../../src/protocols/authentication/signatures.ts";
import { type NameServer, startNameServer } from "../support/internet/name-server.ts";

interface Case {
  readonly name: string;
  readonly message: string;
  /** `None`, `Pass` or `Fail`; empty: the suite leaves it open. */
  readonly cv: string;
}

/** Cases that come out otherwise, each with its reason. */
const MISSES: Readonly<Record<string, { readonly result: "pass" | "fail"; readonly why: string }>> = {
  ams_fields_a_sha1: { result: "fail", why: "RSA with SHA-1 proves nothing any more (RFC 8301 section 3.1)" },
  as_fields_a_sha1: { result: "fail", why: "likewise" },
  ams_fields_h_empty: {
    result: "fail",
    why: "a signature over no field lacks From, which it must have (RFC 6376 section 5.4)",
  },
  ams_fields_c_na: {
    result: "pass",
    why: "without c= the seal is tried as relaxed/relaxed too, as its sealer computed it, where RFC 6376 section 3.5 has simple/simple",
  },
  as_format_inv_tag_key: {
    result: "pass",
    why: "a tag whose name has other characters than a name may have is an unknown tag, and ignored",
  },
  as_format_tags_dup: {
    result: "pass",
    why: "of two tags of one name one counts, where RFC 6376 section 3.2 refuses both",
  },
  as_format_tags_key_case: { result: "pass", why: "names of tags are read in any case" },
  as_format_tags_sc: { result: "pass", why: "a second semicolon is an empty tag, and ignored" },
};

/** Four names are there twice, with other mails, which a reader of YAML would drop. */
const documents = parseAllDocuments(
  readFileSync(new URL("./fixtures/arc-validation-tests.yml", import.meta.url), "utf8"),
  { uniqueKeys: false },
);

const entriesOf = (map: unknown): [string, unknown][] =>
  isMap(map) ? map.items.flatMap((item) => (isPair(item) ? [[String(item.key), item.value]] : [])) : [];

function scenarioOf(document: (typeof documents)[number]) {
  // Cast: each document of the fixture is a map.
  const contents = document.contents as YAMLMap;
  const cases = entriesOf(contents.get("tests")).map(([name, value]): Case => {
    const { message, cv } = Object((value as YAMLMap).toJSON());
    return { name, message: String(message), cv: String(cv ?? "") };
  });
  const zone = Object.fromEntries(
    entriesOf(contents.get("txt-records")).map(([name, text]) => [name, { TXT: [String(text)] }]),
  );
  return { description: String(contents.get("description")).trim(), cases, zone };
}

describe.each(documents.map(scenarioOf))("$description", ({ cases, zone }) => {
  let dns: NameServer;
  let resolver: Resolver;
  beforeAll(async () => {
    dns = await startNameServer(zone);
    resolver = createResolver({ servers: [dns.server], clock: systemClock });
  });
  afterAll(() => {
    resolver.close();
    dns.close();
  });

  it.each(cases)("$name", async ({ name, message, cv }) => {
    const resolve = nodeResolver({
      lookUp: resolver.lookUp,
      tenant: name,
      maxLookUps: 1000,
      signal: new AbortController().signal,
    });
    const mail = {
      raw: Buffer.from(message.replaceAll("\n", "\r\n")),
      ...{ clientAddress: "192.0.2.1", clientName: "mx.test", envelopeFrom: "a@mx.test" },
    };
    const parts = { resolve, verifySignatures, host: "receiver.test", deadlineMs: 60_000 };
    const { arc } = await authenticate(mail, parts);
    const wanted = cv.toLowerCase() || "fail";
    const miss = MISSES[name];
    expect(arc.result, miss?.why).toBe(miss?.result ?? wanted);
    // A miss that is none any more is to be taken off the list.
    expect(miss?.result).not.toBe(wanted);
  });
});

it("has all of its cases", () => {
  expect(documents.map(scenarioOf).flatMap(({ cases }) => cases)).toHaveLength(174);
});
