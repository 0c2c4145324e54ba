/** Programs as newcomers from other languages type them, from one file with a `=== name` line before each. */
import { fixture } from '../language/support.js';

export interface NewcomersProgram {
  readonly name: string;
  readonly source: string;
}

export function newcomersPrograms(): NewcomersProgram[] {
  return fixture('newcomers.dream.txt')
    .split(/^=== /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n');
      return { name: part.slice(0, end), source: part.slice(end + 1) };
    });
}
