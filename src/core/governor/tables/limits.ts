/** Every bound of a task table that is given as a file, each with its reason. */

export const tableLimits = {
  /** As many rows as a recorded table may have: ten million cells, 80 MB as columns. */
  rowsMax: 1_000_000,
  /** A million rows of ten plain numbers are 150 MB; a text much longer than this is beyond what the engine holds. */
  bytesMax: 268_435_456,
  /** A row is a few hundred characters: what is longer is a quote that was never closed. */
  recordCharactersMax: 65_536,
  /** Mistakes shown; who mends ten finds the others alike. */
  problemsShownMax: 10,
} as const;

export const tooManyTasks = `there are more than ${tableLimits.rowsMax.toLocaleString('en-US')} tasks`;
