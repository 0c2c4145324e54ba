import { expect, test } from 'vitest';
import { hasAction, withAction } from '../../src/core/nerve/messages/action-set.js';

const codes = Array.from({ length: 30 }, (_, at) => at + 1);

test('a set of actions holds each of the codes 1 to 30 by itself, as a number that reports can carry', () => {
  for (const code of codes) {
    const set = withAction(0, code);
    expect(codes.filter((one) => hasAction(set, one))).toEqual([code]);
    expect(set).toBe(2 ** (code - 1));
  }
  const all = codes.reduce(withAction, 0);
  expect(all).toBe(2 ** 30 - 1);
  expect(codes.every((code) => hasAction(all, code))).toBe(true);
});

test('a code that would be taken for another one is in no set, and cannot be put into one', () => {
  const all = codes.reduce(withAction, 0);
  for (const code of [0, -1, 31, 32, 33, 34, 1.5, Number.NaN, 0x7fff_ffff]) {
    expect(hasAction(all, code), String(code)).toBe(false);
    expect(() => withAction(0, code), String(code)).toThrow(RangeError);
  }
});
