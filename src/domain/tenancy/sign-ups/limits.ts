/** Bounds of sign-ups of agents. */

/** Sign-ups of agents from one network in an hour: a household's or an office's, and not a flood of organizations. */
export const SIGN_UPS_PER_NETWORK = 10;
export const SIGN_UP_WINDOW_MS = 3_600_000;
/** Tries at a code of six digits, and its life: one in 100,000 is guessed (contract 15). */
export const MAX_CODE_TRIES = 10;
export const CODE_LIFE_MS = 86_400_000;
/** Codes mailed to one human in a day: sign-up is no way to fill a stranger's mailbox. */
export const MAX_CODES_PER_DAY = 5;
/** How often the human of an organization may be replaced before it is verified (contract 8.2). */
export const MAX_HUMANS_REPLACED = 2;
/** Recipients that an organization may write to in a day before it is verified (contract 15). */
export const MAX_UNVERIFIED_RECIPIENTS = 10;
/** Characters of what a sign-up says of where it comes from. AgentMail's own bound. */
export const MAX_SOURCE_LENGTH = 2048;
