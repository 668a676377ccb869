/** Bounds of what a vendor has and we have not. */

/** Characters of a note on a scanner's verdict, and of the reason to release a message. AgentMail's own bound. */
export const MAX_VERDICT_NOTE_LENGTH = 2048;
