import { isIP } from "node:net";

/**
 * Name servers as settings name them: `192.0.2.1`, `192.0.2.1:5353`, `2001:db8::1` or `[2001:db8::1]:5353`, with commas between.
 * @returns them as node:dns takes them; null when one of them is none, or there is none
 */
export function readServerList(text: string): readonly string[] | null {
  const servers = text.split(",").map((server) => server.trim());
  return servers.every(isServer) ? servers : null;
}

function isServer(text: string): boolean {
  if (isIP(text) !== 0) return true;
  const [, v6, v4, port] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  return isIP(v6 ?? v4 ?? "") === (v6 === undefined ? 4 : 6) && Number(port) > 0 && Number(port) <= 65_535;
}
