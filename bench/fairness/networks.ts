/** Addresses of this machine that a server takes for clients of many networks. */

const NETWORKS = 200;
/** Third octet of the first: those below are the ordinary tenant's and other floods'. */
const FIRST = 20;

/** One address each of 200 networks, in turn. Linux has all of 127.0.0.0/8. */
export const addressOf = (index: number): string => `127.0.${FIRST + (index % NETWORKS)}.1`;
