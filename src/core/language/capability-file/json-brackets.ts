/**
 * The text of a JSON file in, the first bracket that fits no other out; also nesting that a parser would not survive. Up to
 * the bracket that is told nothing is nested deeper than the limit; what is behind a wrong one was not looked at.
 */
import { createScanner } from 'jsonc-parser';
import { languageLimits } from '../limits.js';

export interface BracketProblem {
  readonly kind: 'too deep' | 'not closed' | 'wrong';
  readonly message: string;
  readonly expected?: string;
  readonly hint?: string;
  readonly offset: number;
  readonly length: number;
  /** Offset of the bracket that it should have closed. */
  readonly opened?: number;
}

export function bracketProblem(text: string): BracketProblem | undefined {
  const open: number[] = [];
  for (const offset of brackets(text)) {
    const found = text[offset] ?? '';
    if (found === '{' || found === '[') {
      open.push(offset);
      if (open.length > languageLimits.jsonDepthMax) return tooDeep(offset);
      continue;
    }
    const opened = open.pop();
    // A bracket too many is text behind the end, which the parser reports.
    if (opened === undefined) return undefined;
    if (found !== closing(text, opened)) return wrong(text, offset, opened);
  }
  const last = open.at(-1);
  return last === undefined ? undefined : notClosed(text, last);
}

/** Offsets of those that are in no text and no comment. */
function* brackets(text: string): Generator<number> {
  const scanner = createScanner(text, true);
  for (;;) {
    scanner.scan();
    const offset = scanner.getTokenOffset();
    if (offset >= text.length) return;
    if (/[[\]{}]/.test(text[offset] ?? '')) yield offset;
  }
}

function closing(text: string, opened: number): '}' | ']' {
  return text[opened] === '{' ? '}' : ']';
}

function sort(text: string, opened: number): string {
  return text[opened] === '{' ? 'an object' : 'a list';
}

function tooDeep(offset: number): BracketProblem {
  return {
    kind: 'too deep',
    message: `lists and objects are nested more than ${languageLimits.jsonDepthMax} levels deep`,
    hint: 'a capability file has five levels; is this the right file?',
    offset,
    length: 1,
  };
}

function wrong(text: string, offset: number, opened: number): BracketProblem {
  const expected = closing(text, opened);
  const message = `${sort(text, opened)} ends with ${expected}, not with ${text[offset]}`;
  return { kind: 'wrong', message, expected, offset, length: 1, opened };
}

function notClosed(text: string, opened: number): BracketProblem {
  const offset = text.trimEnd().length;
  const message = `the file ends inside ${sort(text, opened)}`;
  return { kind: 'not closed', message, expected: closing(text, opened), offset, length: 0, opened };
}
