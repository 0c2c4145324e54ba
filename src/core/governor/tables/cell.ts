/** A cell as text and the column it stands in, in; its number as programs see it out, or what is wrong with it. */

import { nearestWord, wordList } from '../../language/suggest.js';
import { type QuantityMistake, readQuantity } from '../../language/units/read-quantity.js';
import { inBaseUnit } from '../../language/units/units.js';
import type { Column, TableField } from './column.js';

/** How most cells look; the rest is read by the lexer of the language. */
const plainNumber = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** What is no quantity and yet a number: NaN is "not measured". Compared in lower case. */
const spelledOut: ReadonlyMap<string, number> = new Map([
  ['', Number.NaN],
  ['null', Number.NaN],
  ['nan', Number.NaN],
  ['infinity', Number.POSITIVE_INFINITY],
  ['-infinity', Number.NEGATIVE_INFINITY],
]);

export function readCell(text: string, { field, unit }: Column): number | QuantityMistake {
  const trimmed = text.trim();
  if (field.unit === 'name') return readName(trimmed, field);
  if (plainNumber.test(trimmed)) {
    const value = inBaseUnit(Number(trimmed), unit);
    if (Number.isFinite(value)) return value;
    return { found: `${trimmed}${unit}`, expected: 'a number below 1.8e308' };
  }
  const spelled = trimmed.length > 9 ? undefined : spelledOut.get(trimmed.toLowerCase());
  if (spelled !== undefined) return spelled;
  const reading = readQuantity(trimmed, field.unit);
  if (!reading.ok) return reading.mistake;
  return reading.unit === '' ? inBaseUnit(reading.value, unit) : reading.value;
}

/** A name, or its number; where no names are known, any number. */
function readName(text: string, { names = [] }: TableField): number | QuantityMistake {
  const number = names.indexOf(text);
  if (number >= 0) return number;
  if (text === '' || text.toLowerCase() === 'null' || text.toLowerCase() === 'nan') return Number.NaN;
  const isKnown = names.length === 0 || Number(text) < names.length;
  if (/^\d{1,9}$/.test(text) && isKnown) return Number(text);
  const found = JSON.stringify(text.slice(0, 64));
  if (names.length === 0)
    return {
      found,
      expected: 'the number of a name, because no names are known',
      hint: 'give the capability file that lists them with --capabilities',
    };
  const near = nearestWord(text, names);
  return {
    found,
    expected: `one of its names: ${wordList(names)}`,
    ...(near === undefined ? {} : { hint: `did you mean ${near}?` }),
  };
}

/** `memory: found 5s, a duration (s); expected bytes (B)`. */
export function describeMistake(field: TableField, { found, expected }: QuantityMistake): string {
  return `${field.name}: found ${found}; expected ${expected}`;
}
