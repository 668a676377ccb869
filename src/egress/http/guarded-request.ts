/**
 * Requests to URLs that tenants chose. The name is resolved once, every address checked, and the connection made to one
 * of the very addresses that were checked, so that a name that answers differently the second time gains nothing.
 */
import {
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { isIP, type LookupFunction, type TcpSocketConnectOpts } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { codeOf } from "../../lib/error-code.ts";
import { isPublicAddress } from "../../protocols/address/ip-range.ts";
import { isBlockedPort } from "../../protocols/http/blocked-ports.ts";

export type FailureReason = "refused_target" | "timeout" | "dns" | "connection" | "tls";

/** Why there is no answer, for people to read. */
export class RequestFailure extends Error {
  readonly reason: FailureReason;
  constructor(reason: FailureReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

export interface GuardParts {
  /** http and private addresses too: for closed networks, tests and the demo. */
  readonly allowPrivate: boolean;
  /** Addresses of a host name. Tenant: whose share of the look-ups it takes. */
  readonly resolve: (host: string, tenant: string) => Promise<readonly string[]>;
}

export interface GuardedRequest {
  /** Whose request it is: id of the pod. */
  readonly tenant: string;
  readonly method: "GET" | "POST";
  readonly url: string;
  /** A list is a field for each. */
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** As bytes: a text is written in one piece with the headers, which then leave in the text's encoding. */
  readonly body: Buffer | null;
}

export interface GuardedClient {
  /**
   * The answer, its body unread: the caller reads or destroys it. Redirects are not followed.
   * @param deadline ends the request and the reading of its answer
   * @throws RequestFailure, or what node throws; `failureOf` reads both
   */
  request(request: GuardedRequest, deadline: AbortSignal): Promise<IncomingMessage>;
  close(): void;
}

/** Addresses of one name that are tried, in the order in which they were found. */
const MAX_ADDRESSES = 4;
/** Milliseconds for a connection before the next address is tried; the last one has what is left. Three losses of a first packet are longer. */
const CONNECT_MS = 1000;
/** Milliseconds from the look-up of a name to its refusal: most resolvers know within these whether it exists. */
const REFUSAL_MS = 250;

/** @param keptSockets idle connections kept for hosts that are called often; none is kept at 0 */
export function createGuardedClient(parts: GuardParts, keptSockets: number): GuardedClient {
  /** End the look-ups that are waited for. */
  const givingUp = new Set<(reason: RequestFailure) => void>();
  const addressesOf = async (host: string, tenant: string): Promise<readonly string[]> => {
    const { promise, reject } = Promise.withResolvers<never>();
    givingUp.add(reject);
    try {
      return await Promise.race([checkedAddresses(parts, host, tenant), promise]);
    } finally {
      givingUp.delete(reject);
    }
  };
  const options = { keepAlive: keptSockets > 0, maxFreeSockets: keptSockets };
  const agents = { http: new HttpAgent(options), https: new HttpsAgent(options) };
  return {
    async request(request, deadline) {
      const url = new URL(request.url);
      const secure = url.protocol === "https:";
      if (!secure && !parts.allowPrivate)
        throw new RequestFailure("refused_target", "only https:// is called");
      if (isBlockedPort(url))
        throw new RequestFailure("refused_target", `port ${url.port} is not one for HTTP`);
      const addresses = await addressesOf(hostOf(url), request.tenant);
      // The deadline may have passed meanwhile; node would open the connection before it looks.
      deadline.throwIfAborted();
      return callOnceMore(secure, {
        ...optionsOf(request, url),
        ...destination(addresses),
        agent: secure ? agents.https : agents.http,
        signal: deadline,
        body: request.body,
      });
    },
    close() {
      for (const giveUp of givingUp) giveUp(new RequestFailure("connection", "the process stops"));
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

/** Without the brackets that an IPv6 address has in a URL. */
const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, "");

/**
 * One that is not public refuses them all: no legitimate name has both; a mix is an attempt at DNS rebinding. A name without any
 * is refused alike, and no sooner: the difference would tell a tenant which names exist inside the operator's network.
 */
async function checkedAddresses(
  { allowPrivate, resolve }: GuardParts,
  host: string,
  tenant: string,
): Promise<readonly string[]> {
  const isName = isIP(host) === 0;
  const looking = isName ? resolve(host, tenant).catch(() => []) : Promise.resolve([host]);
  if (allowPrivate) {
    const addresses = await looking;
    if (addresses.length === 0) throw new RequestFailure("dns", `${host} has no address`);
    return addresses.slice(0, MAX_ADDRESSES);
  }
  const earliest = isName ? pause(REFUSAL_MS, undefined, { ref: false }) : Promise.resolve();
  const addresses = await looking;
  if (addresses.length > 0 && addresses.every(isPublicAddress)) return addresses.slice(0, MAX_ADDRESSES);
  await earliest;
  throw new RequestFailure("refused_target", `${host} has no public address`);
}

/** By address: a kept socket is only used again for the addresses that this request was checked for. */
function destination(addresses: readonly string[]): Partial<TcpSocketConnectOpts> & RequestOptions {
  const lookup: LookupFunction = (_host, _options, done) =>
    done(
      null,
      addresses.map((address) => ({ address, family: isIP(address) })),
    );
  return {
    // Asked for only when it is no address, and answered with what was checked.
    host: addresses.join(","),
    lookup,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: CONNECT_MS,
  };
}

function optionsOf({ method, headers, body }: GuardedRequest, url: URL): RequestOptions {
  const secure = url.protocol === "https:";
  const host = hostOf(url);
  return {
    method,
    port: url.port === "" ? (secure ? 443 : 80) : url.port,
    path: `${url.pathname}${url.search}`,
    headers: { ...headers, host: url.host, ...(body !== null && { "content-length": body.byteLength }) },
    // The name the certificate must bear. An address may not be sent as one (RFC 6066 section 3).
    ...(secure && { servername: isIP(host) === 0 ? host : "" }),
  };
}

interface Call extends RequestOptions {
  readonly body: Buffer | null;
}

/** A kept connection that the peer closed while it was taken for this request. */
class StaleConnection extends Error {}

/**
 * A peer may close an idle connection in the moment in which it is used again (RFC 9112 section 9.3.1): it has then not
 * seen the request, and to count that as its failure would be wrong. So it is called again, once, on a new connection.
 */
async function callOnceMore(secure: boolean, call: Call): Promise<IncomingMessage> {
  try {
    return await callOnce(secure, call);
  } catch (error) {
    if (!(error instanceof StaleConnection)) throw error;
    return callOnce(secure, { ...call, agent: false });
  }
}

/** Interim responses (1xx) before the final one. No server needs more than one or two. */
const MAX_INTERIM_ANSWERS = 100;

function callOnce(secure: boolean, { body, ...options }: Call): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = secure ? httpsRequest(options) : httpRequest(options);
    let readBefore = 0;
    sent.once("socket", (socket) => {
      readBefore = socket.bytesRead;
    });
    let interim = 0;
    sent.on("information", () => {
      if (++interim > MAX_INTERIM_ANSWERS)
        sent.destroy(new RequestFailure("connection", "too many interim answers"));
    });
    sent.once("response", resolve);
    sent.on("error", (error) => {
      const untouched = sent.reusedSocket && sent.socket?.bytesRead === readBefore;
      reject(untouched && /^(ECONNRESET|EPIPE)$/.test(codeOf(error)) ? new StaleConnection() : error);
    });
    // An answer that takes the connection away (101) is neither a response nor an error to node.
    sent.once("close", () => reject(new RequestFailure("connection", "closed without an answer")));
    sent.end(body ?? undefined);
  });
}

/** Runs `act` and stops waiting for it at the deadline. */
export async function within<Result>(
  timeoutMs: number,
  act: (deadline: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const expiry = new Promise<never>((_resolve, reject) =>
    deadline.addEventListener("abort", () => reject(tooLate()), { once: true }),
  );
  try {
    return await Promise.race([act(deadline), expiry]);
  } catch (error) {
    throw deadline.aborted ? tooLate() : error;
  }
}

const tooLate = (): RequestFailure => new RequestFailure("timeout", "no answer in time");

/** Of several addresses that were tried, what went wrong with each. */
function errorMessage(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(errorMessage).join("; ");
  return error instanceof Error ? error.message : String(error);
}

/** What went wrong with a request or the reading of its answer. */
export function failureOf(error: unknown): RequestFailure {
  if (error instanceof RequestFailure) return error;
  const message = errorMessage(error);
  const tls = /CERT|TLS|SSL|SELF_SIGNED|VERIFY|EPROTO/.test(codeOf(error));
  return new RequestFailure(tls ? "tls" : "connection", message);
}
