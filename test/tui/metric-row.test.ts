import { describe, expect, it } from 'vitest';
import { displayWidth } from '../../src/cli/terminal-text.js';
import { metricRow } from '../../src/tui/metric-row.js';
import type { LiveMetric } from '../../src/tui/metrics.js';

/** Columns of one of the two rows side by side in a terminal of 60, 80 and 100 columns. */
const halfOf60 = 27;
const halfOf80 = 37;
const halfOf100 = 47;

function rowText(name: string, value: string, remark: string, columns: number): string {
  const metric: LiveMetric = { name, value, remark, verdict: undefined, series: [1, 2, 3], rangeMin: 0 };
  return Object.values(metricRow(metric, columns)).join('');
}

describe('a row of the metric table', () => {
  it.each([
    ['success', '–', '468 failed', halfOf80, 'success              –  468 failed'],
    ['success', '99.97 %', '748 failed', halfOf80, 'success        99.97 %  748 failed'],
    ['success', '99.97 %', '1,234,567 failed', halfOf80, 'success        99.97 %            ▁▅█'],
    ['effects', '5,120', 'since go-live', halfOf80, 'effects          5,120            ▁▅█'],
    ['cost', '$9,107/h', '-14.1 %', halfOf80, 'cost          $9,107/h   -14.1 %  ▁▅█'],
    ['cost', '$9,107/h', '-14.1 %', halfOf60, 'cost       $9,107/h -14.1 %'],
    ['success', '99.97 %', '748 failed', halfOf60, 'success     99.97 %'],
    ['active tasks', '12,847', '-100.0 %', halfOf60, 'active tas… 12,847 -100.0 %'],
  ])('%s %s %s in %i columns', (name, value, remark, columns, expected) => {
    expect(rowText(name, value, remark, columns).trimEnd()).toBe(expected);
  });

  it('never runs over its columns, and keeps every change whole', () => {
    const changes = ['', '-0.1 %', '-14.1 %', '+1,204.3 %'];
    for (const columns of [halfOf60, halfOf80, halfOf100])
      for (const remark of [...changes, '3 failed', '12,345,678 failed'])
        for (const value of ['–', '$10,012/h', '2,912.5/s']) {
          const text = rowText('active tasks', value, remark, columns);
          expect(displayWidth(text)).toBeLessThanOrEqual(columns);
          if (remark.endsWith('%')) expect(text).toContain(`${value} `);
          if (remark.endsWith('%')) expect(text).toContain(` ${remark}`);
        }
  });
});
