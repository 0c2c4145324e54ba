/** Numbers in, block characters out: charts of some rows, and bars with eighths of a column. */

const levels = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;
const eighths = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const;

export interface ChartOptions {
  readonly columns: number;
  readonly rows: number;
  /** The chart's height stands for at least this much, so that noise stays low. */
  readonly rangeMin?: number;
}

/** Text rows from top to bottom, each exactly `columns` wide; the newest value is at the right. */
export function chartRows(values: readonly number[], options: ChartOptions): string[] {
  const { columns, rows } = options;
  const shown = values.slice(-columns);
  const heights = heightsOf(shown, options.rangeMin ?? 0, rows * levels.length);
  const blank = ' '.repeat(Math.max(0, columns - shown.length));
  return Array.from({ length: rows }, (_, row) => {
    const floor = (rows - 1 - row) * levels.length;
    return blank + heights.map((height) => cell(height - floor)).join('');
  });
}

export interface Bar {
  readonly filled: string;
  readonly rest: string;
}

/** The two parts of a progress bar; together exactly `columns` wide. */
export function barOf(share: number, columns: number): Bar {
  const width = Math.max(0, Math.floor(columns));
  const units = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  const filled = '█'.repeat(Math.floor(units / 8)) + (eighths[units % 8] ?? '');
  return { filled, rest: '░'.repeat(width - filled.length) };
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

function cell(height: number): string {
  if (height <= 0) return ' ';
  return levels[Math.min(height, levels.length) - 1] ?? '█';
}
