import { describe, expect, it } from 'vitest';
import { barOf } from '../../src/cli/progress/bar.js';
import { chartRows, sparkline } from '../../src/tui/chart.js';

describe('charts', () => {
  it('spreads the range of the values over the height', () => {
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8)).toBe('▁▂▃▄▅▆▇█');
  });

  it('keeps the newest values, at the right', () => {
    expect(sparkline([9, 9, 0, 7], 2)).toBe('▁█');
    expect(sparkline([0, 7], 4)).toBe('  ▁█');
  });

  it('draws noise low when a range is asked for', () => {
    expect(sparkline([100, 101, 99], 3, 80)).toMatch(/^[▄▅]{3}$/);
  });

  it('draws rows of the asked size for any number of values', () => {
    for (const count of [0, 1, 7, 500]) {
      const values = Array.from({ length: count }, (_, at) => Math.sin(at));
      expect(chartRows(values, { columns: 10, rows: 3 }).map((row) => row.length)).toEqual([10, 10, 10]);
    }
  });

  it('fills braille from below, two values a column', () => {
    expect(chartRows([0, 1], { columns: 1, rows: 1 })).toEqual(['⣸']);
    expect(chartRows([0, 1], { columns: 1, rows: 2 })).toEqual(['⢸', '⣸']);
  });
});

describe('bars', () => {
  it.each([
    [0, '', '────────'],
    [0.5, '━━━━', '────'],
    [0.57, '━━━━╸', '───'],
    [1, '━━━━━━━━', ''],
    [7, '━━━━━━━━', ''],
    [-1, '', '────────'],
  ])('shows a share of %d', (share, filled, rest) => {
    expect(barOf(share, 8)).toEqual({ filled, rest });
  });

  it('is empty where there is no room', () => {
    expect(barOf(0.5, -3)).toEqual({ filled: '', rest: '' });
  });
});
