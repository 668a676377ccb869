/** Hosts that are known by their TLSA records, where a name server vouches for them. */
import { createHash, X509Certificate } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { type CertificateKind, makeAuthority } from "../../../test/support/internet/certificates.ts";
import { internetClient, type TestClient } from "../../../test/support/internet/client.ts";
import { type Internet, startInternet } from "../../../test/support/internet/internet.ts";
import type { HostScript, MailHost } from "../../../test/support/internet/mail-host.ts";
import { systemClock } from "../../lib/clock.ts";
import { createValidatedLookUp } from "../dns/validated-look-up.ts";

let internet: Internet;
let client: TestClient;
beforeAll(async () => {
  internet = await startInternet();
  // The port of all hosts is the first one's.
  await internet.domain("first.test");
});
afterAll(() => internet.close());
afterEach(() => client.close());

const clientOf = (servers: readonly string[] = [internet.dns.server]): TestClient =>
  internetClient(internet, { validated: createValidatedLookUp({ servers, clock: systemClock }) });
const newClient = (servers?: readonly string[]): void => {
  client = clientOf(servers);
};

const SPKI = { type: "spki", format: "der" } as const;
const sha = (bits: 256 | 512, octets: Buffer): string =>
  createHash(`sha${bits}`).update(octets).digest("hex");

/** Records of a certificate in PEM, by what they are called below. */
const recordsOf = (cert: string, authority: string) => {
  const [own, signer] = [new X509Certificate(cert), new X509Certificate(authority)];
  const [key, signerKey] = [own.publicKey.export(SPKI), signer.publicKey.export(SPKI)];
  return {
    key: `3 1 1 ${sha(256, key)}`,
    "key by its octets": `3 1 0 ${key.toString("hex")}`,
    certificate: `3 0 2 ${sha(512, own.raw)}`,
    authority: `2 0 1 ${sha(256, signer.raw)}`,
    "key of its authority": `2 1 1 ${sha(256, signerKey)}`,
    "other key": `3 1 1 ${"ab".repeat(32)}`,
    "for the web": `1 1 1 ${sha(256, key)}`,
    cut: `3 1 1 ${sha(256, key).slice(2)}`,
    unknown: `3 1 9 ${sha(256, key)}`,
  };
};
type RecordName = keyof ReturnType<typeof recordsOf>;

let domains = 0;
interface Furnished {
  readonly name: string;
  readonly mx: string;
  readonly host: MailHost;
}

/** A signed domain with one host, which shows a certificate of this kind with its authority behind it, and has these records. */
async function furnish(
  kind: CertificateKind,
  names: readonly RecordName[],
  script: HostScript = {},
): Promise<Furnished> {
  const name = `dane${++domains}.test`;
  const mx = `mx.${name}`;
  const { authority, port, dns } = internet;
  const { key, cert } = await authority.issue(mx, kind);
  const host = await internet.domain(name, { tls: { key, cert: `${cert}\n${authority.cert}` }, ...script });
  const made = recordsOf(cert, authority.cert);
  if (names.length > 0) internet.zone({ [`_${port}._tcp.${mx}`]: { TLSA: names.map((one) => made[one]) } });
  dns.signed.add(name);
  return { name, mx, host };
}

const outcomeAt = async ({ name }: Furnished, by = client): Promise<string> => {
  const { recipients, tls } = await by.send(`b@${name}`);
  const [one] = recipients;
  return `${one?.kind} ${one?.enhancedCode} ${tls}${one?.kind === "accepted" ? "" : `: ${one?.reply}`}`;
};

const TAKEN = "accepted 2.0.0 TLSv1.3 DANE";
const NO_FIT = "deferred 4.7.5 null: no TLSA record of the host fits its certificate";

it.each<[CertificateKind, RecordName[], string]>([
  // Signed by nobody who is known here, and by nobody at all.
  ["good", ["key"], TAKEN],
  ["good", ["key by its octets"], TAKEN],
  ["good", ["certificate"], TAKEN],
  ["self-signed", ["key"], TAKEN],
  // RFC 7672 section 3.1.1: the record stands for name and dates.
  ["expired", ["key"], TAKEN],
  ["other-name", ["key"], TAKEN],
  // The key that comes next, and the one that is there.
  ["good", ["other key", "key"], TAKEN],
  ["good", ["other key"], NO_FIT],
  ["good", ["authority"], TAKEN],
  ["good", ["key of its authority"], TAKEN],
  ["expired", ["authority"], "deferred 4.7.5 null: its certificate has expired"],
  ["other-name", ["authority"], "deferred 4.7.5 null: its certificate is for another name"],
  ["self-signed", ["authority"], NO_FIT],
  // Records that cannot be used demand TLS, and say nothing of whose.
  ["good", ["for the web"], "accepted 2.0.0 TLSv1.3 unverified (SELF_SIGNED_CERT_IN_CHAIN)"],
  ["good", ["cut", "unknown"], "accepted 2.0.0 TLSv1.3 unverified (SELF_SIGNED_CERT_IN_CHAIN)"],
  ["good", ["for the web", "other key"], NO_FIT],
  ["good", [], "accepted 2.0.0 TLSv1.3 unverified (SELF_SIGNED_CERT_IN_CHAIN)"],
])("a %s certificate under records of %j: %s", async (kind, names, expected) => {
  newClient();
  const at = await furnish(kind, names);
  expect(await outcomeAt(at)).toBe(expected);
  expect(at.host.messages).toHaveLength(expected.startsWith("accepted") ? 1 : 0);
  if (!expected.startsWith("accepted")) expect(at.host.lines.join()).not.toContain("MAIL");
});

it("a certificate that only says that the authority signed it, shown beside the authority's own, is refused", async () => {
  newClient();
  const at = await furnish("good", ["authority"]);
  const { authority } = internet;
  const forger = await makeAuthority();
  // Both authorities have one name, so that each says of itself what the other does.
  const { key, cert } = await forger.issue(at.mx, "good");
  at.host.script = { tls: { key, cert: `${cert}\n${authority.cert}` } };
  expect(await outcomeAt(at)).toBe(
    "deferred 4.7.5 null: its certificate is not signed by the authority that TLSA names",
  );
  expect(at.host.messages).toEqual([]);
});

it.each<[string, HostScript]>([
  ["does not offer TLS", { tls: "none" }],
  ["breaks its handshake off", { tls: "broken" }],
])("a host with records that %s gets no mail in the clear, usable or not", async (_what, script) => {
  newClient();
  for (const record of ["key", "unknown"] as const) {
    const at = await furnish("good", [record], script);
    expect(await outcomeAt(at)).toMatch(/^deferred 4\.7\.5 null/);
    expect(at.host.messages).toEqual([]);
  }
});

it("records that nobody vouches for are not believed, wherever the signatures end", async () => {
  newClient();
  const UNBELIEVED = "accepted 2.0.0 TLSv1.3 unverified (SELF_SIGNED_CERT_IN_CHAIN)";
  const { dns } = internet;
  const unsigned = await furnish("good", ["other key"]);
  dns.signed.delete(unsigned.name);
  expect(await outcomeAt(unsigned)).toBe(UNBELIEVED);
  expect(dns.questions).not.toContain(`TLSA _${internet.port}._tcp.${unsigned.mx}`);
  // The domain's MX records are not signed, and may be a forger's.
  const elsewhere = await furnish("good", ["other key"]);
  internet.zone({ "plain.test": { MX: [`10 ${elsewhere.mx}`] } });
  expect(await outcomeAt({ ...elsewhere, name: "plain.test" })).toBe(UNBELIEVED);
  // The records alone are not.
  const below = await furnish("good", ["other key"]);
  dns.signed.delete(below.name);
  internet.zone({ [`split${domains}.test`]: { MX: [`10 ${below.mx}`] } });
  dns.signed.add(`split${domains}.test`);
  expect(await outcomeAt({ ...below, name: `split${domains}.test` })).toBe(UNBELIEVED);
});

it("without the setting no TLSA record is asked for", async () => {
  client = internetClient(internet);
  const at = await furnish("good", ["other key"]);
  expect(await outcomeAt(at)).toMatch(/^accepted/);
  expect(
    internet.dns.questions.filter((question) => question.includes(at.mx) && question.startsWith("TLSA")),
  ).toEqual([]);
});

it.concurrent.for(["servfail", "refused", "garbage", "misnamed", "forged", "silent"] as const)(
  "where TLSA records cannot be had (%s), the mail waits",
  async (failure, { expect, onTestFinished }) => {
    const own = clientOf();
    onTestFinished(() => own.close());
    const at = await furnish("good", ["key"]);
    internet.zone({ [`_${internet.port}._tcp.${at.mx}`]: failure });
    expect(await outcomeAt(at, own)).toMatch(
      /^deferred 4\.7\.5 null: the TLSA records of mx\..* could not be validated/,
    );
    expect(at.host.connections()).toBe(0);
  },
);

it("an answer that is too long for UDP is asked for over TCP, and one that is cut there is none", async () => {
  newClient();
  const many = await furnish("good", []);
  const made = recordsOf((await internet.authority.issue("x.test", "good")).cert, internet.authority.cert);
  const TLSA = Array.from({ length: 60 }, () => made["other key"]);
  internet.zone({ [`_${internet.port}._tcp.${many.mx}`]: { TLSA } });
  expect(await outcomeAt(many)).toBe(NO_FIT);
  const cut = await furnish("good", ["key"]);
  internet.zone({ [`_${internet.port}._tcp.${cut.mx}`]: "cut" });
  expect(await outcomeAt(cut)).toMatch(/^deferred 4\.7\.5/);
});

it("another host of the domain is tried where one shows the wrong key", async () => {
  newClient();
  const [bad, good] = [await furnish("good", ["other key"]), await furnish("good", ["key"])];
  internet.zone({ "both.test": { MX: [`10 ${bad.mx}`, `20 ${good.mx}`] } });
  internet.dns.signed.add("both.test");
  expect(await outcomeAt({ ...good, name: "both.test" })).toBe(TAKEN);
  expect(bad.host.messages).toEqual([]);
});

it("a name server that is not there is asked once more at the next, and a mail waits for all of them", async () => {
  newClient(["127.0.0.1:1", internet.dns.server]);
  const at = await furnish("good", ["key"]);
  expect(await outcomeAt(at)).toBe(TAKEN);
  client.close();
  newClient(["127.0.0.1:1"]);
  expect(await outcomeAt(at)).toMatch(/^deferred 4\.7\.5 null: the MX records of .* could not be validated/);
});
