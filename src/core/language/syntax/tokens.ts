/** The words of the language: what the lexer hands to the parser. */
import type { Span } from '../diagnostics/diagnostics.js';

export const keywords = [
  'FUNC',
  'FOR',
  'EACH',
  'IN',
  'WHERE',
  'IF',
  'THEN',
  'ELSE',
  'LET',
  'AND',
  'OR',
  'NOT',
  'MIN',
  'MAX',
  'ABS',
  'REPORT_METRICS_EVERY',
] as const;

export type Keyword = (typeof keywords)[number];

export type Token = WordToken | NumberToken;

/** A keyword's or symbol's `text` is how the language writes it, even where the source deviates. */
export interface WordToken {
  readonly kind: 'keyword' | 'name' | 'symbol' | 'text' | 'end';
  readonly text: string;
  readonly span: Span;
  /** Reported as what the language does not use, or as text that has no end: whatever it breaks is a consequence. */
  readonly isReported?: boolean;
}

/** `amount` is the number as written, without its unit; `value` is in the base unit of `unit`. */
export interface NumberToken {
  readonly kind: 'number';
  readonly text: string;
  readonly span: Span;
  readonly amount: string;
  readonly unit: string;
  readonly value: number;
}

/** From `#` to the end of the line, without blanks at its end. The parser never sees it. */
export interface Comment {
  readonly text: string;
  readonly span: Span;
}

const keywordSet: ReadonlySet<string> = new Set(keywords);

export function isKeyword(text: string): boolean {
  return keywordSet.has(text);
}
