/** What the language says about a source text: diagnostics as values. Rendering lives in `render-diagnostic.ts`. */
import type { DiagnosticCode } from './diagnostic-codes.js';

/** A piece of source. `offset` and `length` count UTF-16 units from 0; `line` and `column` count from 1. */
export interface Span {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

export interface RelatedPlace {
  readonly span: Span;
  readonly message: string;
}

/** An edit that mends the source. Only a `certain` one may be applied without asking. */
export interface Suggestion {
  readonly span: Span;
  readonly replacement: string;
  readonly certain: boolean;
}

export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly span: Span;
  readonly found?: string;
  readonly expected?: string;
  readonly hint?: string;
  readonly related: readonly RelatedPlace[];
  readonly suggestion?: Suggestion;
}

/** What a caller must say about a problem; the rest follows from the code. */
export interface DiagnosticDetails {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly span: Span;
  readonly found?: string | undefined;
  readonly expected?: string | undefined;
  readonly hint?: string | undefined;
  readonly related?: readonly RelatedPlace[];
  readonly suggestion?: Suggestion | undefined;
}

/** From the first character of `first` to the last of `last`. */
export function spanBetween(first: Span, last: Span): Span {
  return { ...first, length: Math.max(first.length, last.offset + last.length - first.offset) };
}
