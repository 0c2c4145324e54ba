/** A diagnostic and its source in, text for people out: code, message, source lines with carets, what to do. */
import type { Diagnostic } from './diagnostics.js';
import { type ExcerptPart, printable, sourceExcerpt } from './source-excerpt.js';

export interface RenderOptions {
  readonly source: string;
  readonly fileName: string;
  /** Columns of the terminal: source lines are cut and explanations wrapped. Undefined: long lines stay whole. */
  readonly columns?: number;
  /** Colours a part; without it there are no colours. */
  readonly paint?: (part: DiagnosticPart, text: string) => string;
}

export type DiagnosticPart = ExcerptPart | Diagnostic['severity'] | 'place' | 'message' | 'label';

/** Several lines without a trailing newline. */
export function renderDiagnostic(diagnostic: Diagnostic, options: RenderOptions): string {
  const { span, severity, related } = diagnostic;
  const { source, columns, paint = unpainted } = options;
  const marks = [
    { span, sign: '^', note: '' } as const,
    ...related.map(({ span, message: note }) => ({ span, sign: '-', note: printable(note) }) as const),
  ];
  return [
    headline(diagnostic, options),
    ...sourceExcerpt(marks, {
      source,
      columns: columns === undefined ? sourceColumnsMax : Math.max(20, columns - gutterColumns),
      paint: (part, text) => paint(part === '^' ? severity : part, text),
    }),
    ...facts(diagnostic).flatMap(([label, text]) => factLines(label, printable(text), { columns, paint })),
  ].join('\n');
}

/** All of them, a blank line between. */
export function renderDiagnostics(diagnostics: readonly Diagnostic[], options: RenderOptions): string {
  return diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, options)).join('\n\n');
}

const sourceColumnsMax = 120;
const gutterColumns = '    1 | '.length;
const labelColumns = 13;

type Painter = NonNullable<RenderOptions['paint']>;

function unpainted(_: DiagnosticPart, text: string): string {
  return text;
}

/** Never wrapped: editors and log readers look for it. */
function headline(diagnostic: Diagnostic, { fileName, paint = unpainted }: RenderOptions): string {
  const { span, code, severity, message } = diagnostic;
  const place = paint('place', `${fileName}:${span.line}:${span.column}:`);
  return `${place} ${paint(severity, `${severity} ${code}`)}: ${paint('message', printable(message))}`;
}

function facts({ found, expected, hint, suggestion }: Diagnostic): [label: string, text: string][] {
  const edit = suggestion?.replacement.trim() ?? '';
  const isNews = hint === undefined && edit !== '' && edit !== expected;
  const rows: [string, string | undefined][] = [
    ['found', found],
    ['expected', expected],
    ['hint', isNews ? `write ${edit}` : hint],
  ];
  return rows.flatMap(([label, text]): [string, string][] => (text === undefined ? [] : [[label, text]]));
}

function factLines(
  label: string,
  text: string,
  { columns, paint }: { readonly columns: number | undefined; readonly paint: Painter },
): string[] {
  const indent = labelColumns + 2;
  const lines = columns === undefined ? [text] : wrapped(text, Math.max(20, columns - indent));
  return lines.map((line, at) =>
    at === 0
      ? `${paint('label', `${label.padStart(labelColumns)}:`)} ${line}`
      : `${' '.repeat(indent)}${line}`,
  );
}

/** Broken between words; a word that is longer than a line stays whole. */
function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns) lines[lines.length - 1] += ` ${word}`;
    else lines.push(word);
  }
  return lines;
}
