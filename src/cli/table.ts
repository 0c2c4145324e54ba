/**
 * Rows of text → a plain table that fits the terminal. Where the columns do not fit even when shortened, each row
 * becomes a small block of `name  value` lines, so that 20 columns still show everything.
 */
import { displayWidth, escapeControls, terminalWidth, truncateToWidth } from './terminal-text.js';

export interface Column {
  readonly header: string;
  readonly align?: 'left' | 'right';
  /** A column that may be shortened, down to this many columns; others are never cut. */
  readonly shrinkTo?: number;
  /** Shortened, its cells continue below themselves instead of being cut. */
  readonly wraps?: boolean;
}

export interface TableOptions {
  readonly width?: number;
  /** Paints the header line, for example bold. */
  readonly header?: (line: string) => string;
}

const GAP = 2;

/** Cells are data: their control characters are escaped. Lines come without trailing spaces. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  options: TableOptions = {},
): string {
  const cells = rows.map((row) => columns.map((_, index) => escapeControls(row[index] ?? '')));
  const available = options.width ?? terminalWidth();
  const widths = fittingWidths(columns, cells, available);
  if (widths === undefined) return blocks(columns, cells, available);
  const header = tableLine(
    columns,
    columns.map((column) => column.header),
    widths,
  );
  return [options.header?.(header) ?? header, ...cells.map((row) => tableLine(columns, row, widths))].join(
    '\n',
  );
}

/** Pairs of name and value below one another, values aligned; long values continue below themselves. */
export function formatPairs(
  pairs: readonly (readonly [name: string, value: string])[],
  width?: number,
): string {
  const available = width ?? terminalWidth();
  const nameWidth = Math.max(0, ...pairs.map(([name]) => displayWidth(name)));
  if (nameWidth + GAP > available / 2) {
    return pairs
      .map(([name, value]) => `${name}\n${indented(wrap(escapeControls(value), available - GAP))}`)
      .join('\n');
  }
  return pairs
    .map(([name, value]) => {
      // Broken in two it could not be copied: it begins a line of its own, and the terminal may break it.
      if (isDigest(value) && value.length > available - nameWidth - GAP) return `${name}\n${value}`;
      const lines = wrap(escapeControls(value), available - nameWidth - GAP);
      return `${pad(name, nameWidth, 'left')}${' '.repeat(GAP)}${lines.join(`\n${' '.repeat(nameWidth + GAP)}`)}`;
    })
    .join('\n');
}

function isDigest(value: string): boolean {
  return /^sha256:[0-9a-f]{64}$/.test(value);
}

/** Breaks text at spaces so that no line is wider than the given columns; a longer word is broken. */
export function wrap(text: string, columns: number): string[] {
  const columnsMin2 = Math.max(2, columns); // A wide character takes two.
  const lines: string[] = [];
  let line = '';
  for (let word of text.split(' ')) {
    while (displayWidth(word) > columnsMin2) {
      if (line !== '') lines.push(line);
      line = '';
      const head = hardCut(word, columnsMin2);
      lines.push(head);
      word = word.slice(head.length);
    }
    const longer = line === '' ? word : `${line} ${word}`;
    if (displayWidth(longer) <= columnsMin2) {
      line = longer;
    } else {
      lines.push(line);
      line = word;
    }
  }
  lines.push(line);
  return lines;
}

/** Natural widths, less what the shrinkable columns give, widest first; undefined when that is not enough. */
function fittingWidths(
  columns: readonly Column[],
  cells: readonly (readonly string[])[],
  available: number,
): number[] | undefined {
  const widths = columns.map((column, index) =>
    cells.reduce(
      (width, row) => Math.max(width, displayWidth(row[index] ?? '')),
      displayWidth(column.header),
    ),
  );
  let excess = widths.reduce((sum, width) => sum + width, 0) + GAP * (columns.length - 1) - available;
  while (excess > 0) {
    const widest = widestShrinkable(columns, widths);
    if (widest === undefined) return undefined;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}

function widestShrinkable(columns: readonly Column[], widths: readonly number[]): number | undefined {
  let widest: number | undefined;
  for (const [index, column] of columns.entries()) {
    const width = widths[index] ?? 0;
    if (column.shrinkTo === undefined || width <= Math.max(1, column.shrinkTo)) continue;
    if (widest === undefined || width > (widths[widest] ?? 0)) widest = index;
  }
  return widest;
}

function tableLine(columns: readonly Column[], row: readonly string[], widths: readonly number[]): string {
  const cells = columns.map(({ wraps = false }, index) => {
    const width = widths[index] ?? 0;
    const text = row[index] ?? '';
    return wraps ? wrap(text, width) : [truncateToWidth(text, width)];
  });
  const lines = Math.max(...cells.map(({ length }) => length));
  return Array.from({ length: lines }, (_, line) =>
    columns
      .map(({ align }, index) => pad(cells[index]?.[line] ?? '', widths[index] ?? 0, align))
      .join(' '.repeat(GAP))
      .trimEnd(),
  ).join('\n');
}

function blocks(
  columns: readonly Column[],
  cells: readonly (readonly string[])[],
  available: number,
): string {
  return cells
    .map((row) =>
      formatPairs(
        columns.map((column, index) => [column.header, row[index] ?? '']),
        available,
      ),
    )
    .join('\n\n');
}

function pad(text: string, width: number, align: Column['align'] = 'left'): string {
  const fill = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return align === 'right' ? fill + text : text + fill;
}

function hardCut(word: string, columns: number): string {
  let cut = word.slice(0, columns);
  while (cut.length > 1 && displayWidth(cut) > columns) cut = cut.slice(0, -1);
  return cut;
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => ' '.repeat(GAP) + line).join('\n');
}
