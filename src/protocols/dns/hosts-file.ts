/** The hosts file (hosts(5)): names that a machine knows without asking a server. */

/** @returns addresses by name in lower case, in the order of the file; lines that are none are left out */
export function readHostsFile(text: string): ReadonlyMap<string, readonly string[]> {
  const addresses = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const [address, ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    if (address === undefined || address === "") continue;
    // A zone (fe80::1%eth0) means something only on this machine's own links.
    if (address.includes("%")) continue;
    for (const name of names.map((one) => one.toLowerCase())) {
      const known = addresses.get(name) ?? [];
      if (!known.includes(address)) known.push(address);
      addresses.set(name, known);
    }
  }
  return addresses;
}
