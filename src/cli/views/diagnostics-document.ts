/**
 * A diagnostic and the source it is about in, its JSON form out, for editors and CI: every place with its end, every
 * suggestion as an edit that can be applied as it stands. Lines and columns count from 1, columns in UTF-16 units as
 * editors do; offsets count UTF-16 units from 0; an end is the first place behind.
 */
import type { Diagnostic, Span } from '../../core/language/diagnostics/diagnostics.js';

export interface DiagnosticDocument extends Place {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly file: string;
  readonly found?: string;
  readonly expected?: string;
  readonly hint?: string;
  readonly related: readonly RelatedDocument[];
  readonly suggestion?: SuggestionDocument;
}

export interface Place {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly offset: number;
  readonly length: number;
}

export interface RelatedDocument extends Place {
  readonly message: string;
}

/** Replaces `length` units at `offset` by `replacement`. Only a `certain` one may be applied without asking. */
export interface SuggestionDocument extends Place {
  readonly replacement: string;
  readonly certain: boolean;
}

export function diagnosticDocument(
  diagnostic: Diagnostic,
  { file, source }: { readonly file: string; readonly source: string },
): DiagnosticDocument {
  const { code, severity, message, span, found, expected, hint, related, suggestion } = diagnostic;
  return {
    code,
    severity,
    message,
    file,
    ...placeOf(span, source),
    ...(found === undefined ? {} : { found }),
    ...(expected === undefined ? {} : { expected }),
    ...(hint === undefined ? {} : { hint }),
    related: related.map((place) => ({ ...placeOf(place.span, source), message: place.message })),
    ...(suggestion === undefined
      ? {}
      : {
          suggestion: {
            ...placeOf(suggestion.span, source),
            replacement: suggestion.replacement,
            certain: suggestion.certain,
          },
        }),
  };
}

function placeOf({ offset, length, line, column }: Span, source: string): Place {
  const lines = source.slice(offset, offset + length).split(/\r\n|\n|\r/);
  const last = lines.at(-1) ?? '';
  return {
    line,
    column,
    endLine: line + lines.length - 1,
    endColumn: lines.length === 1 ? column + length : last.length + 1,
    offset,
    length,
  };
}
