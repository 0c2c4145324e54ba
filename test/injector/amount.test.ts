import { describe, expect, test } from 'vitest';
import { parseBatchSizes, parseMaxFailures } from '../../src/core/injector/amount.js';

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
