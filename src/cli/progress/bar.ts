/** A share and a width in, the two parts of a progress bar out. */

export interface Bar {
  readonly filled: string;
  readonly rest: string;
}

/** The two parts of a progress bar, told apart without colour; together exactly `columns` wide. */
export function barOf(share: number, columns: number): Bar {
  const width = Math.max(0, Math.floor(columns));
  const halves = Math.round(Math.min(1, Math.max(0, share)) * width * 2);
  const filled = '━'.repeat(Math.floor(halves / 2)) + (halves % 2 === 1 ? '╸' : '');
  return { filled, rest: '─'.repeat(width - filled.length) };
}
