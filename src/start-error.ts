/** Failures of a start, in words for the operator. */
import { codeOf } from "./lib/error-code.ts";

/** A failed start that the operator can correct: the message is one sentence on what is wrong and one on what to do. */
export class StartError extends Error {
  override readonly name: string = "StartError";
}

/** What keeps a Rookery from starting until a setting, a right or a file is changed: starting again alone is no use. */
export class SetupError extends StartError {}

/** Where something was to listen, and the setting that says so. */
export interface ListenPlace {
  readonly setting: "ROOKERY_HTTP_PORT" | "ROOKERY_SMTP_PORT" | "ROOKERY_SUBMISSION_PORT";
  readonly host: string;
  readonly port: number;
}

/** @returns the StartError of a listener that could not listen; any other error as it is */
export function listenFailure(error: unknown, { setting, host, port }: ListenPlace): unknown {
  const place = `${host}:${port}`;
  switch (codeOf(error)) {
    case "EADDRINUSE":
      return new StartError(
        `${place} is in use. Stop what listens there, or set ${setting} to another port (0 picks a free one).`,
        { cause: error },
      );
    case "EACCES":
      return new StartError(
        `${place} may not be listened on by this account: ports below 1024 are kept for root. Set ${setting} to a higher port, or allow it (CAP_NET_BIND_SERVICE).`,
        { cause: error },
      );
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new StartError(
        `${host} is no address of this machine. Set ROOKERY_HOST to one that is, such as 127.0.0.1 or 0.0.0.0.`,
        { cause: error },
      );
    default:
      return error;
  }
}
