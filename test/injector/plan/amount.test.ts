import { describe, expect, test } from 'vitest';
import {
  parseBatchSizes,
  parseCanary,
  parseLimit,
  parseMaxFailures,
  requireCanary,
} from '../../../src/core/injector/plan/amount.js';

describe('batch sizes', () => {
  test.each([
    ['10', 1_159, [10]],
    ['5%', 1_159, [58]],
    ['1,10,25%', 1_159, [1, 10, 290]],
    [' 1 , 2 ', 10, [1, 2]],
    ['0.01%', 1_159, [1]],
    ['100%', 7, [7]],
    ['33.3333%', 3, [1]],
    ['34%', 3, [2]],
    ['10000', 20_000, [10_000]],
    ['500', 3, [500]],
  ])('%s of %i agents', (text, agents, sizes) => {
    expect(parseBatchSizes(text, agents)).toEqual(sizes);
  });

  test.each([
    ...[
      '0',
      '0%',
      '0.0%',
      '',
      ' ',
      ',',
      '10,',
      '-1',
      '+1',
      '1.5',
      '1e3',
      '0x10',
      'ten',
      '10 %',
      '101%',
      '200%',
    ],
    ...['NaN', 'Infinity', '99999999999', '10;20', '１０', '5%%', '%', '1,0,2'],
  ])('"%s" is refused with DN501', (text) => {
    expect(() => parseBatchSizes(text, 100)).toThrow(
      expect.objectContaining({ code: 'DN501', kind: 'bad-input' }),
    );
  });

  test('above the limit is refused with what was asked and the limit', () => {
    const limit = 'A batch of 10001 is above the limit of 10000.';
    expect(() => parseBatchSizes('10001', 5)).toThrow(
      expect.objectContaining({ code: 'DN503', message: limit }),
    );
    expect(() => parseBatchSizes('100%', 10_001)).toThrow(expect.objectContaining({ code: 'DN503' }));
  });

  test('a paste accident is not repeated in full', () => {
    expect(() => parseBatchSizes('x'.repeat(100_000), 5)).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/^.{1,200}$/) }),
    );
  });
});

describe('tolerated failures', () => {
  test.each([
    ['0', 100, 0],
    ['5', 100, 5],
    ['2%', 1_159, 23],
    ['0.5%', 100, 0],
    ['100%', 3, 3],
    ['500', 3, 500],
  ])('%s of %i agents', (text, agents, tolerated) => {
    expect(parseMaxFailures(text, agents)).toBe(tolerated);
  });

  test.each(['', '-1', '1.5', '101%', 'few', '1,2', 'NaN'])('"%s" is refused with DN502', (text) => {
    expect(() => parseMaxFailures(text, 100)).toThrow(
      expect.objectContaining({ code: 'DN502', kind: 'bad-input' }),
    );
  });
});

describe('percentages', () => {
  test.each([
    ['0.07%', 10_000, 7],
    ['0.29%', 10_000, 29],
    ['0.57%', 10_000, 57],
    ['7%', 100, 7],
    ['28.7%', 1_000, 287],
  ])('%s of %i agents are exactly %i, whichever way they are rounded', (text, agents, expected) => {
    expect(parseBatchSizes(text, agents)).toEqual([expected]);
    expect(parseMaxFailures(text, agents)).toBe(expected);
    expect(parseCanary(text, agents)).toBe(expected);
    expect(parseLimit(text, agents)).toBe(expected);
  });

  test('are as whole numbers say, for any share of any fleet', () => {
    for (let agents = 1; agents < 4_000; agents += 37) {
      for (let share = 1; share <= 10_000; share += 13) {
        const text = `${share / 100}%`;
        const exact = agents * share;
        expect(parseMaxFailures(text, agents), `${text} of ${agents}`).toBe(Math.trunc(exact / 10_000));
        const up = Math.trunc(exact / 10_000) + (exact % 10_000 === 0 ? 0 : 1);
        expect(parseBatchSizes(text, agents), `${text} of ${agents}`).toEqual([up]);
      }
    }
  });
});

describe('a canary', () => {
  test.each([
    ['0', 100, 0],
    ['0%', 100, 0],
    ['1%', 30, 1],
    ['10%', 31, 4],
    ['5', 3, 5],
  ])('of %s among %i agents are %i', (text, agents, size) => {
    expect(parseCanary(text, agents)).toBe(size);
  });

  test.each(['', '-1', '1.5', '101%', '1,2', 'few'])('"%s" is refused with DN544', (text) => {
    expect(() => parseCanary(text, 10)).toThrow(
      expect.objectContaining({ code: 'DN544', hint: expect.stringContaining('--canary') }),
    );
  });

  test.each(['100%', ' 100.0% '])('of %s is refused where it is typed: it would be everybody', (text) => {
    expect(() => requireCanary(text, 10)).toThrow(expect.objectContaining({ code: 'DN555' }));
    // A rollout that was begun with it goes on.
    expect(parseCanary(text, 10)).toBe(10);
  });

  test.each(['0', '1', '99.9%', '500'])('of %s is let pass where it is typed', (text) => {
    expect(() => requireCanary(text, 10)).not.toThrow();
  });

  test('above the limit of a batch is refused', () => {
    expect(() => parseCanary('10001', 5)).toThrow(
      expect.objectContaining({ code: 'DN503', hint: 'Use a smaller --canary.' }),
    );
  });
});

describe('a limit', () => {
  test.each([
    ['1', 100, 1],
    ['500', 100, 500],
    ['10%', 19, 1],
    ['10%', 20, 2],
    ['1%', 5, 1],
    ['100%', 5, 5],
  ])('of %s among %i agents are %i', (text, agents, most) => {
    expect(parseLimit(text, agents)).toBe(most);
  });

  test.each(['', '0', '0%', '-1', '1.5', '101%', 'all'])('"%s" is refused with DN544', (text) => {
    expect(() => parseLimit(text, 10)).toThrow(
      expect.objectContaining({ code: 'DN544', hint: expect.stringContaining('--limit') }),
    );
  });
});
