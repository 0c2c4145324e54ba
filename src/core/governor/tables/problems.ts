/** Collects what is wrong with a table, with places; keeps the first ones and counts the rest. */
import { tableLimits } from './limits.js';

/** Counted from 1; columns in characters. */
export interface TablePlace {
  readonly line: number;
  readonly column: number;
}

export interface TableProblem extends TablePlace {
  readonly message: string;
  readonly hint?: string;
}

export class TableProblems {
  readonly #shown: TableProblem[] = [];
  #count = 0;
  #firsts = 0;

  get count(): number {
    return this.#count;
  }

  /** In the order in which they were found, but for those that came first. */
  get shown(): readonly TableProblem[] {
    return this.#shown;
  }

  /** What explains others, or weighs more than they: it is shown before them. */
  addFirst(problem: TableProblem): void {
    this.#count += 1;
    this.#shown.splice(this.#firsts++, 0, problem);
    this.#shown.length = Math.min(this.#shown.length, tableLimits.problemsShownMax);
  }

  /** The place is asked for only when the problem will be shown: finding it may mean reading from the start. */
  add(place: TablePlace | (() => TablePlace), message: string, hint?: string): void {
    this.#count += 1;
    if (this.#shown.length >= tableLimits.problemsShownMax) return;
    const { line, column } = typeof place === 'function' ? place() : place;
    this.#shown.push({ line, column, message, ...(hint === undefined ? {} : { hint }) });
  }
}

/** The place of an offset in a text; CRLF, LF and CR all end a line. */
export function placeOf(text: string, offset: number): TablePlace {
  let line = 1;
  let lineStart = 0;
  for (const end of text.slice(0, offset).matchAll(/\r\n|\n|\r/g)) {
    line += 1;
    lineStart = end.index + end[0].length;
  }
  return { line, column: offset - lineStart + 1 };
}
