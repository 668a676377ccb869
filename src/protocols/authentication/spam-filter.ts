/** What a spam filter of the operator's makes of a mail: rspamd, in the words of its protocol (https://rspamd.com/doc/developers/protocol.html). */

export const filterActions = [
  "no action",
  "greylist",
  "add header",
  "rewrite subject",
  "soft reject",
  "reject",
] as const;

export type FilterAction = (typeof filterActions)[number];

export interface FilterVerdict {
  readonly score: number;
  /** From which on rspamd would refuse the mail. */
  readonly requiredScore: number;
  /** What the thresholds of its operator make of the score. */
  readonly action: FilterAction;
  /** Names of the rules that weigh most, in either direction, the heaviest first. */
  readonly symbols: readonly string[];
}
