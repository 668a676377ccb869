/** Ctrl-C and SIGTERM while a command changes things on a server: it stops where what it has done is whole, and says what stands. */
import { constants } from "node:os";
import { ECHO_MS } from "./end-request.ts";

type Signal = "SIGINT" | "SIGTERM";

export interface Interrupt {
  isAsked(): boolean;
  /** As shells have it of a process that the signal ended. */
  code(): number;
  end(): void;
}

/** Until `end`, the first signal only asks; one more, after ECHO_MS, ends the process at once. @param heard called when the first comes */
export function watchInterrupt(heard: () => void): Interrupt {
  let first: { readonly signal: Signal; readonly at: number } | null = null;
  const code = (): number => 128 + (first === null ? 0 : constants.signals[first.signal]);
  const hear = (signal: Signal): void => {
    if (first === null) {
      first = { signal, at: performance.now() };
      heard();
    } else if (performance.now() - first.at > ECHO_MS) process.exit(code());
  };
  process.on("SIGINT", hear).on("SIGTERM", hear);
  return {
    isAsked: () => first !== null,
    code,
    end: () => void process.off("SIGINT", hear).off("SIGTERM", hear),
  };
}
