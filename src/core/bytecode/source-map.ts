/** Where each instruction comes from, as a standard source map in a `sourceMappingURL` section, and back. */
import { Malformed } from './byte-reader.js';

/** `offset` counts bytes from the start of the unsigned file; `line` counts from 1, `column` from 1. */
export interface Mapping {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/** A data URL; the only source is named after the program, so that the path of a file does not change the bytes. */
export function encodeSourceMap(mappings: readonly Mapping[], sourceName: string): string {
  let previous = { offset: 0, line: 1, column: 1 };
  const segments: string[] = [];
  for (const mapping of mappings) {
    const { offset, line, column } = mapping;
    const deltas = [offset - previous.offset, 0, line - previous.line, column - previous.column];
    segments.push(deltas.map(vlq).join(''));
    previous = mapping;
  }
  const map = { version: 3, sources: [sourceName], names: [], mappings: segments.join(',') };
  return `data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`;
}

/** Throws `Malformed` when it is none of ours. */
export function decodeSourceMap(url: string): Mapping[] {
  const prefix = 'data:application/json;base64,';
  if (!url.startsWith(prefix)) throw new Malformed('DN101', 'the source map is not a data URL');
  const segments = mappingsText(url.slice(prefix.length)).split(',');
  let [offset, line, column] = [0, 1, 1];
  return segments.flatMap((segment) => {
    if (segment === '') return [];
    const [offsetDelta = 0, , lineDelta = 0, columnDelta = 0] = unVlq(segment);
    [offset, line, column] = [offset + offsetDelta, line + lineDelta, column + columnDelta];
    return [{ offset, line, column }];
  });
}

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Sign in the lowest bit, then groups of five bits, lowest first. */
function vlq(value: number): string {
  let rest = value < 0 ? -value * 2 + 1 : value * 2;
  let text = '';
  do {
    const group = rest & 31;
    rest >>>= 5;
    text += digits[rest > 0 ? group | 32 : group];
  } while (rest > 0);
  return text;
}

function unVlq(text: string): number[] {
  const values: number[] = [];
  let [value, place] = [0, 1];
  for (const character of text) {
    const group = digits.indexOf(character);
    if (group < 0 || place > 0x4000_0000)
      throw new Malformed('DN101', 'the source map has a malformed mapping');
    value += (group & 31) * place;
    place *= 32;
    if ((group & 32) !== 0) continue;
    values.push(value % 2 === 1 ? -Math.floor(value / 2) : value / 2);
    [value, place] = [0, 1];
  }
  return values;
}

function mappingsText(base64: string): string {
  try {
    const map: unknown = JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
    if (typeof map === 'object' && map !== null && 'mappings' in map && typeof map.mappings === 'string') {
      return map.mappings;
    }
  } catch {
    // Falls through: what is not JSON is no source map either.
  }
  throw new Malformed('DN101', 'the source map is not a JSON source map');
}
