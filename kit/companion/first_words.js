/* Words for a reader to whom no help has come yet. In their place the server writes those of the published release (api/pages/companion.py). */

/** By locale: its direction, and the words by id. */
export const FIRST_WORDS = {};
