import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatChange,
  formatCount,
  formatDuration,
  formatMoney,
  formatNumber,
  formatPercent,
  formatShare,
} from '../../src/cli/format.js';

describe('numbers', () => {
  it.each([
    [12847, 0, '12,847'],
    [0.456, 2, '0.46'],
    [-0.001, 2, '0.00'],
    [Number.NaN, 0, '–'],
    [undefined, 0, '–'],
    [Number.POSITIVE_INFINITY, 1, '–'],
  ])('%s with %i digits is %s', (value, digits, text) => {
    expect(formatNumber(value, digits)).toBe(text);
  });

  it('count with the right noun', () => {
    expect(formatCount(1, 'batch', 'batches')).toBe('1 batch');
    expect(formatCount(1159, 'agent')).toBe('1,159 agents');
  });
});

describe('bytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 KB'],
    [1536, '1.54 KB'],
    [999_600, '1.00 MB'],
    [42_000_000, '42 MB'],
    [-2_500, '-2.50 KB'],
    [3.2e18, '3,200 PB'],
  ])('%d is %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});

describe('durations', () => {
  it.each([
    [0, '0 ms'],
    [0.25, '0.25 ms'],
    [350, '350 ms'],
    [999.6, '1.00 s'],
    [1_200, '1.20 s'],
    [59_960, '1 m 00 s'],
    [125_000, '2 m 05 s'],
    [3_599_900, '1 h 00 m'],
    [7_380_000, '2 h 03 m'],
    [86_399_999, '1 d 00 h'],
    [273_600_000, '3 d 04 h'],
    [-350, '-350 ms'],
  ])('%d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

describe('money and shares', () => {
  it.each([
    [8500, '$8,500'],
    [12.3, '$12.30'],
    [0.0042, '$0.0042'],
    [-3, '-$3.00'],
    [-0.00001, '$0.0000'],
    [0, '$0.00'],
  ])('%d dollars are %s', (dollars, text) => {
    expect(formatMoney(dollars)).toBe(text);
  });

  it('percents, changes and shares', () => {
    expect(formatPercent(14.96)).toBe('15.0 %');
    expect(formatChange(2)).toBe('+2.0 %');
    expect(formatChange(-14.96)).toBe('-15.0 %');
    expect(formatChange(0.01)).toBe('0.0 %');
    expect(formatShare(0.9997)).toBe('99.97 %');
  });

  it('never call almost all of it all of it', () => {
    expect(formatShare(0.999999)).toBe('99.99 %');
    expect(formatShare(0.0000001)).toBe('0.01 %');
    expect(formatShare(1)).toBe('100.00 %');
    expect(formatShare(0)).toBe('0.00 %');
  });
});
