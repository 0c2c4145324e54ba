/** Comments and texts in; a diagnostic for each character in them that a reader cannot see, or that hides others. */
import type { DiagnosticList } from '../diagnostics/diagnostic-list.js';
import type { Span } from '../diagnostics/diagnostics.js';

/**
 * Characters that turn the direction of writing can show a program as something else than it is, and line breaks of other
 * systems end a comment for a reader only: see "Trojan Source", CVE-2021-42574. Elsewhere the lexer refuses them.
 */
export function refuseHiddenCharacters(
  source: string,
  places: readonly Span[],
  diagnostics: DiagnosticList,
): void {
  for (const { offset, line, column, length } of places) {
    for (const found of source.slice(offset, offset + length).matchAll(hidden)) {
      const code = (found[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
      diagnostics.add({
        code: 'DN002',
        message: `U+${code} cannot be seen here, and can make a line look like another one`,
        span: { offset: offset + found.index, line, column: column + found.index, length: 1 },
        found: `U+${code}`,
        hint: 'remove it; letters of every language are fine in a comment',
      });
    }
  }
}

/** Control characters but for the tab, line and paragraph separators, halves of a pair, and marks of direction. */
const hidden = /(?!\t)[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
