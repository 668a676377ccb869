import { expect, it } from "vitest";
import { readHostsFile } from "./hosts-file.ts";
import { readServerList } from "./server-list.ts";

it("names have the addresses of all their lines; comments, empty lines and zones are left out", () => {
  const text =
    "# local\n127.0.0.1\tlocalhost loop # here\n::1 LocalHost\r\n\nfe80::1%lo0 localhost\n10.0.0.1 desk\n10.0.0.1 desk\n10.0.0.2";
  expect([...readHostsFile(text)]).toEqual([
    ["localhost", ["127.0.0.1", "::1"]],
    ["loop", ["127.0.0.1"]],
    ["desk", ["10.0.0.1"]],
  ]);
});

it.each(["192.0.2.1", "192.0.2.1:5353", "2001:db8::1", "[2001:db8::1]:5353, 192.0.2.2"])(
  "%s is a list of name servers",
  (text) => {
    expect(readServerList(text)).toEqual(text.split(", "));
  },
);

it.each(["", "dns.example", "192.0.2.1:0", "192.0.2.1:70000", "192.0.2.1,", "[192.0.2.1]:53", "1.2.3.4:5:6"])(
  "%j is none",
  (text) => {
    expect(readServerList(text)).toBeNull();
  },
);
