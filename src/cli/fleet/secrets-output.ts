/** Secrets on standard output, as lines of JSON. */
import { fsync } from "node:fs";
import { codeOf } from "../../lib/error-code.ts";
import { type CommandParts, UsageError } from "../parts.ts";
import { type SecretSink, SinkError, secretText } from "./secret-sink.ts";

export function openSecretsOutput({ forPeople, deliver }: CommandParts): SecretSink {
  if (forPeople)
    throw new UsageError(
      "Secrets go to standard output, which is a terminal: redirect it to a program or a file that keeps them. Nothing was done.",
    );
  return {
    place: "standard output",
    async store(secrets) {
      try {
        await deliver(secrets.map(secretText).join(""));
        await synced();
      } catch (error) {
        throw new SinkError(
          `Secrets could not be written to standard output (${codeOf(error) || String(error)}).`,
          {
            cause: error,
          },
        );
      }
    },
    close: async () => undefined,
  };
}

/** A file is to have them on the disk. Pipes and sockets have nothing to flush, and say so. */
const synced = (): Promise<void> =>
  new Promise((resolve, reject) =>
    fsync(1, (error) =>
      error === null || ["EINVAL", "EROFS", "ENOTSUP", "EBADF"].includes(codeOf(error))
        ? resolve()
        : reject(error),
    ),
  );
