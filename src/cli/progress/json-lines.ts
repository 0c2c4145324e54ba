/** Events in, one JSON line for each out (`--jsonl`). The command itself writes the last line: result or error. */
import { safeJson } from '../terminal-text.js';
import type { Progress } from './progress.js';

export function createJsonLinesProgress(options: { readonly write: (line: string) => void }): Progress {
  return {
    handle: (event) => options.write(safeJson(event)),
    finish: async () => undefined,
  };
}
