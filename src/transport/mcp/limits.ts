/** Bounds of tools: each with its unit, and why it is that and not another. */

/** Items of a list without a limit: a model reads every one of them (contract 18). */
export const DEFAULT_TOOL_PAGE_SIZE = 10;
/** Most items of a list: a hundred messages without their bodies are 20,000 words. */
export const MAX_TOOL_PAGE_SIZE = 100;
/** Faults of arguments that one answer names: a model corrects the first few. */
export const MAX_REPORTED_FAULTS = 10;
/** Characters of all bodies in one result: more than a model reads. A thread of 34 MB stopped the event loop for seconds, in which it was written four times. */
export const MAX_TOOL_BODY_CHARACTERS = 1_000_000;
