import { describe, expect, test } from 'vitest';
import { measuredMetrics } from '../../src/core/agent/measured-metrics.js';
import { type MeasuredTask, taskRowsOf } from '../../src/core/agent/task-rows.js';
import { decodeTaskRows, taskRowsMax, taskRowsSchema } from '../../src/core/nerve/task-rows.js';

const columns = measuredMetrics.length;

function task(
  cost: number,
  change: Partial<Record<'before' | 'atGoLive' | 'sum', number>> = {},
): MeasuredTask {
  const filled = (value: number) =>
    Float64Array.from({ length: columns }, (_, at) => (at === 0 ? value : Number.NaN));
  const { before = cost, atGoLive = cost * 1.1, sum = cost * 4 } = change;
  return { before: filled(before), atGoLive: filled(atGoLive), sum: filled(sum), ticks: 2 };
}

const decoded = (groups: readonly (readonly MeasuredTask[])[]) => {
  const encoded = taskRowsOf(groups);
  expect(taskRowsSchema.safeParse(JSON.parse(JSON.stringify(encoded))).success).toBe(true);
  return { encoded, rows: decodeTaskRows(encoded) ?? expect.fail('these are rows') };
};

describe('the rows of a report', () => {
  test('are the tasks one by one, with what they have', () => {
    const { encoded, rows } = decoded([[task(10), task(20)], [task(5)]]);
    expect(encoded.metrics).toEqual(['cost']);
    expect(rows.count).toBe(3);
    expect(
      [0, 1, 2].map((row) => [
        rows.group(row),
        rows.tasks(row),
        rows.value(row, 0, 0),
        rows.value(row, 0, 2),
      ]),
    ).toEqual([
      [0, 1, 10, 20],
      [0, 1, 20, 40],
      [1, 1, 5, 10],
    ]);
    expect(rows.value(0, 0, 1)).toBeCloseTo(11, 5);
  });

  test.each([65, 1_000, 20_000])('of %d tasks are no longer than there is room for, and add up', (count) => {
    const groups = [3, 0, 1].map((remainder) =>
      Array.from({ length: count }, (_, at) => at + 1)
        .filter((at) => at % 4 === remainder)
        .map((cost) => task(cost)),
    );
    const { encoded, rows } = decoded(groups);
    expect(rows.count).toBeLessThanOrEqual(taskRowsMax);
    expect(rows.count).toBeGreaterThan(taskRowsMax / 2);
    expect(encoded.values.length).toBeLessThan(2_000);
    for (const [at, members] of groups.entries()) {
      const own = Array.from({ length: rows.count }, (_, row) => row).filter((row) => rows.group(row) === at);
      const total = (value: (row: number) => number) => own.reduce((sum, row) => sum + value(row), 0);
      expect(total((row) => rows.tasks(row))).toBe(members.length);
      const cost = members.reduce((sum, { before }) => sum + (before[0] ?? 0), 0);
      expect(total((row) => rows.value(row, 0, 0)) / cost).toBeCloseTo(1, 6);
      // Tasks of about the same level are together.
      const levels = own.map((row) => rows.value(row, 0, 0) / rows.tasks(row));
      expect(levels).toEqual([...levels].sort((a, b) => a - b));
    }
  });

  test('of more groups than there is room for are one for each group', () => {
    const groups = Array.from({ length: 100 }, () => [task(1), task(2)]);
    const { rows } = decoded(groups);
    expect(rows.count).toBe(100);
    expect(rows.tasks(99)).toBe(2);
    expect(rows.value(99, 0, 0)).toBe(3);
  });

  test('leave out what a task does not have, or did not always have, and take the mean for a missing reading', () => {
    const { rows } = decoded([[task(1, { sum: Number.NaN })], [task(2, { atGoLive: Number.NaN })]]);
    expect(rows.value(0, 0, 0)).toBeNaN();
    expect(rows.value(1, 0, 1)).toBe(2);
  });

  test('that were cut are no rows', () => {
    const { encoded } = decoded([[task(1)]]);
    const values = Buffer.from(encoded.values, 'base64').subarray(2).toString('base64');
    expect(decodeTaskRows({ ...encoded, values })).toBeUndefined();
    expect(decodeTaskRows({ ...encoded, metrics: ['cost', 'latency'] })).toBeUndefined();
    expect(taskRowsSchema.safeParse({ metrics: ['cost'], values: '%%%' }).success).toBe(false);
  });
});
