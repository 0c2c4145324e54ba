/** A diagnostic and its source in, plain text for people out: code, message, source lines with carets, what to do. */
import type { Diagnostic, Span } from './diagnostics.js';

export interface RenderOptions {
  readonly source: string;
  readonly fileName: string;
}

/** Several lines without a trailing newline; no colours, so that callers add theirs. */
export function renderDiagnostic(diagnostic: Diagnostic, options: RenderOptions): string {
  const { span, code, severity, message } = diagnostic;
  const lines = [
    `${options.fileName}:${span.line}:${span.column}: ${severity} ${code}: ${message}`,
    ...excerpt(span, options.source),
    ...diagnostic.related.flatMap((place) => [...excerpt(place.span, options.source, place.message)]),
    ...facts(diagnostic),
  ];
  return lines.join('\n');
}

/** All of them, a blank line between. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], options: RenderOptions): string {
  return diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, options)).join('\n\n');
}

const shownColumnsMax = 120;

function excerpt(span: Span, source: string, note = ''): string[] {
  const lineStart = span.offset - (span.column - 1);
  const line = printable(/^[^\r\n]*/.exec(source.slice(lineStart, lineStart + 10_000))?.[0] ?? '');
  const from = line.length <= shownColumnsMax ? 0 : Math.max(0, span.column - 1 - shownColumnsMax / 2);
  const shown = line.slice(from, from + shownColumnsMax);
  const room = Math.max(1, shown.length - (span.column - 1 - from));
  const carets = '^'.repeat(Math.min(Math.max(1, span.length), room));
  const number = String(span.line).padStart(5);
  const indent = ' '.repeat(span.column - 1 - from);
  return [`${number} | ${shown}`, `      | ${indent}${carets}${note === '' ? '' : ` ${note}`}`];
}

/** Control characters would move the caret, or the terminal. */
function printable(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced
  return line.replaceAll(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, ' ');
}

function facts({ found, expected, hint, suggestion }: Diagnostic): string[] {
  const edit = suggestion?.replacement.trim() ?? '';
  const isNews = hint === undefined && edit !== '' && edit !== expected;
  const rows: [string, string | undefined][] = [
    ['found', found],
    ['expected', expected],
    ['hint', isNews ? `write ${edit}` : hint],
  ];
  return rows.flatMap(([label, text]) =>
    text === undefined ? [] : [`${label.padStart(13)}: ${printable(text)}`],
  );
}
