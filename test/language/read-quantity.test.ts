import { describe, expect, it } from 'vitest';
import { readQuantity } from '../../src/core/language/units/read-quantity.js';
import type { QuantityName } from '../../src/core/language/units/units.js';

function mistakeOf(text: string, wanted: QuantityName): string {
  const reading = readQuantity(text, wanted);
  if (reading.ok) return `read as ${reading.value}`;
  const { found, expected, hint = '' } = reading.mistake;
  return `${found} | ${expected} | ${hint}`;
}

describe('a quantity as text', () => {
  it.each([
    ['5s', 'duration', 5],
    ['-250ms', 'duration', -0.25],
    ['1_000', 'duration', 1_000],
    ['1.2GB', 'bytes', 1.2e9],
    ['1e3KiB', 'bytes', 1_024_000],
    ['$0.5', 'money', 0.5],
    ['0.5$', 'money', 0.5],
    ['-$2', 'money', -2],
    ['30%', 'ratio', 0.3],
    ['0.3', 'ratio', 0.3],
    ['100Mbps', 'bitrate', 1e8],
    ['7', 'count', 7],
    [' 7 ', 'count', 7],
  ] as const)('reads %s as programs do', (text, wanted, value) => {
    expect(readQuantity(text, wanted)).toMatchObject({ ok: true, value });
  });

  it('says whether there was a unit', () => {
    expect(readQuantity('5MB', 'bytes')).toMatchObject({ unit: 'MB' });
    expect(readQuantity('5', 'bytes')).toMatchObject({ unit: '' });
  });

  it.each([
    ['5s', 'bytes', '5s, a duration (s) | bytes (B) | write 5MB if that is what is meant'],
    ['-20%', 'count', '-20%, a ratio (%) | a count | write -20 if that is what is meant'],
    ['5 MB', 'bytes', '"5 MB" | bytes (B) | write 5MB'],
    ['5sec', 'duration', '5sec, and sec is not a unit | a duration (s) | did you mean s?'],
    ['5Foo', 'duration', '5Foo, and Foo is not a unit | a duration (s) | write for example 5s'],
    ['', 'money', '"" | money ($) | write for example $5'],
    ['--5', 'count', '--5 | a count | write for example 5'],
    ['5-', 'count', '5- | a count | write for example 5'],
    ['5s 6s', 'duration', '"5s 6s" | a duration (s) | write for example 5s'],
    ['1__0', 'count', '1__0 | a count | write for example 5'],
    ['1e999', 'count', '1e999 | a count | write for example 5'],
    ['$5s', 'money', '$5s | money ($) | write for example $5'],
    ['5 # five', 'count', '"5 # five" | a count | write for example 5'],
    ['fast\n', 'duration', '"fast\\n" | a duration (s) | write for example 5s'],
    ['\u0000', 'count', '"\\u0000" | a count | write for example 5'],
    ['9'.repeat(100), 'count', 'a text of 100 characters | a count | write for example 5'],
  ] as const)('says what %j is instead', (text, wanted, expected) => {
    expect(mistakeOf(text, wanted)).toBe(expected);
  });
});
