/**
 * Places of a source in, the lines they are on with marks under them out, as a reader sees them: tabs widened, double-width
 * characters counted as two columns, long lines cut around the place, nothing left that moves the caret or the terminal.
 */
import type { Span } from './diagnostics.js';
import { type Grapheme, graphemesOf } from './display-width.js';

export interface Mark {
  readonly span: Span;
  /** `^` for the place itself, `-` for one that it has to do with. */
  readonly sign: '^' | '-';
  readonly note: string;
}

/** What a line of an excerpt consists of, so that a caller can colour it. */
export type ExcerptPart = 'gutter' | 'source' | Mark['sign'];

export interface ExcerptOptions {
  readonly source: string;
  /** Columns of the source that are shown. */
  readonly columns: number;
  readonly paint: (part: ExcerptPart, text: string) => string;
}

/** Marks on one line share it, each with a row of its own below. */
export function sourceExcerpt(marks: readonly Mark[], options: ExcerptOptions): string[] {
  const lines = new Map<number, Mark[]>();
  for (const mark of marks) lines.set(mark.span.line, [...(lines.get(mark.span.line) ?? []), mark]);
  return [...lines.values()].flatMap((onLine) => excerptOfLine(onLine, options));
}

function excerptOfLine(marks: readonly Mark[], { source, columns, paint }: ExcerptOptions): string[] {
  const first = marks[0];
  if (first === undefined) return [];
  const line = laidOut(first.span, source);
  const shown = cutAround(columnAt(line, first.span.offset), line, columns);
  const number = String(first.span.line).padStart(5);
  return [
    `${paint('gutter', `${number} |`)}${shown.text === '' ? '' : ` ${paint('source', shown.text)}`}`,
    ...marks.map(({ span, sign, note }) => {
      const from = Math.max(columnAt(line, span.offset) - shown.from, 0);
      const end = Math.min(columnAt(line, span.offset + span.length) - shown.from, shown.columns);
      const signs = paint(sign, sign.repeat(Math.max(1, end - from)));
      const room = ' '.repeat(Math.min(from, shown.columns));
      return `${paint('gutter', '      |')} ${room}${signs}${note === '' ? '' : ` ${paint(sign, note)}`}`;
    }),
  ];
}

interface LaidOutLine {
  /** With `at` counted in the whole source, and the column in which each begins. */
  readonly graphemes: readonly (Grapheme & { readonly column: number })[];
  readonly columns: number;
}

/** Only this much of a line is looked at, so that a file without line breaks costs no more than others. */
const unitsAround = 600;
const tabColumns = 4;

function laidOut(span: Span, source: string): LaidOutLine {
  const lineStart = span.offset - (span.column - 1);
  let from = Math.max(lineStart, span.offset - unitsAround);
  if (isSecondHalf(source.charCodeAt(from))) from += 1;
  const text = /^[^\r\n]*/.exec(source.slice(from, span.offset + unitsAround))?.[0] ?? '';
  const graphemes: (Grapheme & { readonly column: number })[] = [];
  let column = 0;
  for (const { at, ...grapheme } of graphemesOf(printable(text))) {
    const tab = text.charAt(at) === '\t' ? ' '.repeat(tabColumns - (column % tabColumns)) : undefined;
    const shown = tab === undefined ? grapheme : { text: tab, columns: tab.length };
    graphemes.push({ ...shown, at: from + at, column });
    column += shown.columns;
  }
  return { graphemes, columns: column };
}

function isSecondHalf(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** Unit by unit, so that offsets stay: what would move the caret or the terminal becomes a space. */
export function printable(text: string): string {
  return text.replaceAll(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced
    /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    ' ',
  );
}

/** Where the character at an offset begins; behind the end of the line, where the next one would. */
function columnAt({ graphemes, columns }: LaidOutLine, offset: number): number {
  const inside = graphemes.findLast(({ at }) => at <= offset);
  const next = graphemes.find(({ at }) => at >= offset);
  if (next === undefined) return columns;
  return next.at === offset ? next.column : (inside?.column ?? 0);
}

interface ShownLine {
  readonly text: string;
  /** The column of the line that is shown first. */
  readonly from: number;
  readonly columns: number;
}

function cutAround(place: number, { graphemes, columns }: LaidOutLine, most: number): ShownLine {
  if (columns <= most) return { text: textOf(graphemes), from: 0, columns };
  const wanted = Math.max(0, Math.min(place - Math.floor(most / 2), columns - most));
  const inside = graphemes.filter((one) => one.column >= wanted && one.column + one.columns <= wanted + most);
  const from = inside[0]?.column ?? 0;
  const last = inside.at(-1);
  return { text: textOf(inside), from, columns: last === undefined ? 0 : last.column + last.columns - from };
}

function textOf(graphemes: readonly Grapheme[]): string {
  return graphemes
    .map(({ text }) => text)
    .join('')
    .trimEnd();
}
