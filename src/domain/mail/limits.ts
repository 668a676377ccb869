/** Bounds of lists of mail: each with its unit, and why it is that and not another. */

/** Messages of an inbox with one label that are read and sorted for a list of them; of more, one in 500 of a million, a list in the order of time passes few others. */
export const MAX_LABELLED = 2000;
/** Rows at the beginning of a list by label that are looked at first, and of them those with the label from which on the list is read in its order: an index would tell of half a million. */
export const LABEL_PROBE_ROWS = 500;
export const COMMON_LABEL_ROWS = 25;
