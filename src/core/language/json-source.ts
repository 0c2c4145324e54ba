/** A text that should be JSON in, its tree with places out, or why it is none. Comments and trailing commas are fine. */
import { createScanner, type Node, type ParseError, parseTree } from 'jsonc-parser';
import type { DiagnosticList } from './diagnostic-list.js';
import type { Span } from './diagnostics.js';
import { describeSyntaxError } from './json-syntax-errors.js';
import { languageLimits } from './limits.js';

export type JsonNode = Node;

/** Undefined when something was reported: a tree guessed from broken text would only cause further errors. */
export function parseJson(text: string, places: Places, diagnostics: DiagnosticList): JsonNode | undefined {
  if (reportUnreadable(text, places, diagnostics)) return undefined;
  const errors: ParseError[] = [];
  const tree = parseTree(withoutMark(text), errors, { allowTrailingComma: true, allowEmptyContent: true });
  for (const error of errors) {
    const span = places.span(error.offset, error.length);
    diagnostics.add({ code: 'DN051', span, ...describeSyntaxError(error, text) });
  }
  if (errors.length > 0) return undefined;
  if (tree === undefined) reportEmpty(places, diagnostics);
  return tree;
}

/** Turns offsets of a text into lines and columns. */
export class Places {
  readonly #lineStarts: readonly number[];

  constructor(text: string) {
    this.#lineStarts = [0, ...[...text.matchAll(/\r\n|\n|\r/g)].map((end) => end.index + end[0].length)];
  }

  span(offset: number, length: number): Span {
    let [low, high] = [0, this.#lineStarts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { offset, line: low + 1, column: offset - (this.#lineStarts[low] ?? 0) + 1, length };
  }
}

/** A byte order mark becomes a space, so that every offset stays. */
function withoutMark(text: string): string {
  return text.startsWith('\uFEFF') ? ` ${text.slice(1)}` : text;
}

/** What the parser must not even see: NUL bytes, and nesting that its recursion would not survive. */
function reportUnreadable(text: string, places: Places, diagnostics: DiagnosticList): boolean {
  const nul = text.indexOf('\0');
  if (nul >= 0) {
    diagnostics.add({
      code: 'DN051',
      message: 'a NUL byte is no part of JSON',
      span: places.span(nul, 1),
      hint: 'is this a binary or UTF-16 file? Save it as UTF-8',
    });
    return true;
  }
  const deep = tooDeepAt(text);
  if (deep === undefined) return false;
  diagnostics.add({
    code: 'DN051',
    message: `lists and objects are nested more than ${languageLimits.jsonDepthMax} levels deep`,
    span: places.span(deep, 1),
    hint: 'a capability file needs six levels; is this the right file?',
  });
  return true;
}

/** The offset of the first bracket that is nested too deeply. */
function tooDeepAt(text: string): number | undefined {
  const scanner = createScanner(withoutMark(text), true);
  let depth = 0;
  for (let offset = 0; ; ) {
    scanner.scan();
    offset = scanner.getTokenOffset();
    if (offset >= text.length) return undefined;
    const first = text[offset];
    if (first === '{' || first === '[') depth += 1;
    else if (first === '}' || first === ']') depth -= 1;
    if (depth > languageLimits.jsonDepthMax) return offset;
  }
}

function reportEmpty(places: Places, diagnostics: DiagnosticList): void {
  diagnostics.add({
    code: 'DN051',
    message: 'the file is empty',
    span: places.span(0, 0),
    expected: 'an object: { "version": 1, "name": …, "fields": […], "actions": […] }',
  });
}
