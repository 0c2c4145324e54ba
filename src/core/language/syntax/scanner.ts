/** How far the lexer has come in a source, and what it has found there. */
import type { DiagnosticList } from '../diagnostics/diagnostic-list.js';
import type { Span } from '../diagnostics/diagnostics.js';
import type { Comment, Token } from './tokens.js';

export interface Scanner {
  readonly source: string;
  at: number;
  line: number;
  lineStart: number;
  readonly tokens: Token[];
  readonly comments: Comment[];
  readonly diagnostics: DiagnosticList;
  /** Keywords in small letters that were given to something; their uses are not reported again. */
  readonly keywordsAsNames: Set<string>;
  /** The last line on which a foreign character was reported: one a line is enough to see. */
  foreignLine: number;
  /** How many tokens there were when a `;` last ended a statement. */
  endedAt: number;
}

/** Takes what the pattern, which is sticky, finds where the scanner is. */
export function match(scanner: Scanner, pattern: RegExp): RegExpExecArray | undefined {
  pattern.lastIndex = scanner.at;
  const found = pattern.exec(scanner.source);
  if (found === null) return undefined;
  scanner.at += found[0].length;
  return found;
}

export function spanHere(scanner: Scanner, length: number, offset = scanner.at): Span {
  return { offset, line: scanner.line, column: offset - scanner.lineStart + 1, length };
}
