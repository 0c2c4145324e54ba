/** Numbers in, characters out: one-row charts of blocks, taller ones of braille dots. */

const levels = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
/** Dots of a braille cell that stand for 0 to 4 filled rows, from below; left and right half. */
const leftDots = [0x00, 0x40, 0x44, 0x46, 0x47] as const;
const rightDots = [0x00, 0x80, 0xa0, 0xb0, 0xb8] as const;
const brailleBlank = 0x2800;

export interface ChartOptions {
  readonly columns: number;
  readonly rows: number;
  /** The chart's height stands for at least this much, so that noise stays low. */
  readonly rangeMin?: number;
}

/** One row of blocks, exactly `columns` wide; the newest value is at the right. */
export function sparkline(values: readonly number[], columns: number, rangeMin = 0): string {
  const shown = values.slice(-columns);
  const marks = heightsOf(shown, rangeMin, levels.length).map((height) => levels[height - 1] ?? '█');
  return ' '.repeat(Math.max(0, columns - shown.length)) + marks.join('');
}

/** Rows of braille from top to bottom, each exactly `columns` wide: two values a column, the newest at the right. */
export function chartRows(values: readonly number[], options: ChartOptions): string[] {
  const { columns, rows } = options;
  const shown = values.slice(-columns * 2);
  const blank = Array.from({ length: columns * 2 - shown.length }, () => 0);
  const heights = [...blank, ...heightsOf(shown, options.rangeMin ?? 0, rows * 4)];
  return Array.from({ length: rows }, (_, row) => {
    const floor = (rows - 1 - row) * 4;
    return Array.from({ length: columns }, (_, column) =>
      brailleCell((heights[column * 2] ?? 0) - floor, (heights[column * 2 + 1] ?? 0) - floor),
    ).join('');
  });
}

/** 1 to `heightMax` for each value. */
function heightsOf(values: readonly number[], rangeMin: number, heightMax: number): number[] {
  const lowest = Math.min(...values);
  const highest = Math.max(...values);
  const range = Math.max(highest - lowest, rangeMin);
  const floor = (lowest + highest) / 2 - range / 2;
  return values.map((value) =>
    range === 0 ? 1 : 1 + Math.round(((value - floor) / range) * (heightMax - 1)),
  );
}

function brailleCell(left: number, right: number): string {
  const dots = (leftDots[clamp(left)] ?? 0) | (rightDots[clamp(right)] ?? 0);
  return dots === 0 ? ' ' : String.fromCodePoint(brailleBlank + dots);
}

function clamp(height: number): number {
  return Math.min(4, Math.max(0, height));
}
