import fc from "fast-check";
import { expect, test } from "vitest";
import { codePoint } from "../../../test/support/code-point.ts";
import { isPublicAddress } from "../address/ip-range.ts";
import { checkTargetUrl } from "./target-url.ts";

test.each([
  "https://hooks.example.com/in",
  "https://hooks.example.com:8443/in?x=1&y=%20",
  "https://93.184.215.14/in",
  "https://[2606:4700:4700::1111]/in",
  "https://localhost.example.com/",
  "https://internal.example.com/",
  "https://mylocal/",
])("%s may be told of events", (text) => {
  expect(checkTargetUrl(text, false)).toEqual({ ok: true, url: text });
});

test("the URL is kept in its normal form", () => {
  expect(checkTargetUrl("HTTPS://Hooks.Example.COM:443/a/../b c", false)).toEqual({
    ok: true,
    url: "https://hooks.example.com/b%20c",
  });
});

test.each([
  ["127.0.0.1", "decimal", "https://2130706433/"],
  ["127.0.0.1", "hexadecimal", "https://0x7f000001/"],
  ["127.0.0.1", "octal", "https://0177.0.0.1/"],
  ["127.0.0.1", "short", "https://127.1/"],
  ["127.0.0.1", "mixed", "https://0x7f.1/"],
  ["127.0.0.1", "percent-encoded", "https://%31%32%37.0.0.1/"],
  ["127.0.0.1", "full-width", "https://１２７.0.0.1/"],
  ["127.0.0.1", "rooted", "https://127.0.0.1./"],
  ["10.0.0.1", "plain", "https://10.0.0.1/"],
  ["169.254.169.254", "plain", "https://169.254.169.254/latest/meta-data"],
  ["169.254.169.254", "decimal", "https://2852039166/"],
  ["0.0.0.0", "short", "https://0/"],
  ["::1", "plain", "https://[::1]/"],
  ["::", "plain", "https://[::]/"],
  ["127.0.0.1", "mapped", "https://[::ffff:127.0.0.1]/"],
  ["127.0.0.1", "mapped, hexadecimal", "https://[::ffff:7f00:1]/"],
  ["127.0.0.1", "compatible", "https://[::127.0.0.1]/"],
  ["10.0.0.1", "6to4", "https://[2002:a00:1::]/"],
  ["10.0.0.1", "NAT64", "https://[64:ff9b::10.0.0.1]/"],
  ["fd00:ec2::254", "plain", "https://[fd00:ec2::254]/"],
])(
  "the private address %s in %s form is refused, and allowed where private targets are",
  (_ip, _form, text) => {
    expect(checkTargetUrl(text, false)).toEqual({ ok: false, why: "the address is private or reserved" });
    expect(checkTargetUrl(text, true).ok).toBe(true);
  },
);

test.each([
  "https://localhost/",
  "https://LOCALHOST:8080/",
  "https://localhost./",
  "https://%6cocalhost/",
  "https://app.localhost/",
  "https://printer.local/",
  "https://metadata.google.internal/",
])("%s is refused by its name, and allowed where private targets are", (text) => {
  expect(checkTargetUrl(text, false)).toEqual({
    ok: false,
    why: "the host is not reachable from the public internet",
  });
  expect(checkTargetUrl(text, true).ok).toBe(true);
});

test("http is for closed networks only", () => {
  expect(checkTargetUrl("http://hooks.example.com/", false)).toEqual({
    ok: false,
    why: "the URL must begin with https://",
  });
  expect(checkTargetUrl("http://127.0.0.1:9000/", true)).toEqual({ ok: true, url: "http://127.0.0.1:9000/" });
});

test.each([
  ["not a URL", ""],
  ["not a URL", "hooks.example.com/in"],
  ["not a URL", "https://"],
  ["not a URL", "https://1.2.3.4.5/"],
  ["not a URL", "https://exa mple.com/"],
  ["not a URL", "https://hooks.example.com:99999/"],
  ["the URL must begin with https:// or http://", "ftp://hooks.example.com/"],
  ["the URL must begin with https:// or http://", "file:///etc/passwd"],
  ["the URL must begin with https:// or http://", "javascript:alert(1)"],
  ["the URL may not hold a user name or password", "https://ann:secret@hooks.example.com/"],
  ["the URL may not hold a user name or password", "https://ann@hooks.example.com/"],
  ["the URL may not hold a fragment (#)", "https://hooks.example.com/in#part"],
  ["the URL may not hold a fragment (#)", "https://hooks.example.com/in#"],
  ["port 25 is not one for HTTP", "https://hooks.example.com:25/"],
  ["port 465 is not one for HTTP", "https://hooks.example.com:465/"],
  ["port 587 is not one for HTTP", "https://hooks.example.com:587/"],
  ["port 110 is not one for HTTP", "https://hooks.example.com:110/"],
  ["port 993 is not one for HTTP", "https://hooks.example.com:993/"],
  ["port 4190 is not one for HTTP", "https://hooks.example.com:4190/"],
  ["port 2525 is not one for HTTP", "https://127.0.0.1:02525/"],
  ["port 6379 is not one for HTTP", "https://[2606:4700:4700::1111]:6379/"],
  ["port 22 is not one for HTTP", "https://hooks.example.com:22/"],
  ["port 0 is not one for HTTP", "https://hooks.example.com:0/"],
])("%s: %s, even where private targets are allowed", (why, text) => {
  expect(checkTargetUrl(text, true)).toEqual({ ok: false, why });
  expect(checkTargetUrl(text, false).ok).toBe(false);
});

test("2048 characters are the most, also after escaping", () => {
  const start = "https://hooks.example.com/";
  const why = "a URL may have 2048 characters at most";
  expect(checkTargetUrl(start.padEnd(2048, "a"), false).ok).toBe(true);
  expect(checkTargetUrl(start.padEnd(2049, "a"), false)).toEqual({ ok: false, why });
  expect(checkTargetUrl(start.padEnd(1000, "é"), false)).toEqual({ ok: false, why });
});

test("any text gets an answer, and no accepted URL names a private address", () => {
  const hosts = fc.oneof(
    fc.nat(0xffffffff).map(String),
    fc.ipV4Extended(),
    fc.ipV6().map((ip) => `[${ip}]`),
    fc.string({ unit: codePoint }),
  );
  fc.assert(
    fc.property(hosts, (host) => {
      const check = checkTargetUrl(`https://${host}/`, false);
      if (!check.ok) return check.why !== "";
      const { hostname } = new URL(check.url);
      const literal = hostname.startsWith("[") ? hostname.slice(1, -1) : hostname;
      return !/^[\d.]+$|:/.test(literal) || isPublicAddress(literal);
    }),
    { seed: 0x5eed, numRuns: 2000 },
  );
});
