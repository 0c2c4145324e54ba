import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../src/core/bytecode/byte-writer.js';
import { disassemble } from '../../src/core/bytecode/disassemble.js';
import { decodeSourceMap, encodeSourceMap } from '../../src/core/bytecode/source-map.js';
import { withCustomContent } from '../support/program-bytes.js';
import { seededRandom } from '../support/seeded-random.js';
import { compiled, referenceSource } from './support.js';

const { bytes } = compiled(referenceSource);

/** What a listing of the program with another source map says. */
function codeWith(url: string): string {
  const content = new ByteWriter().text(url).finish();
  const listing = disassemble(withCustomContent(bytes, 'sourceMappingURL', content));
  return listing.ok ? 'listed' : listing.code;
}

function dataUrl(map: unknown): string {
  return `data:application/json;base64,${Buffer.from(JSON.stringify(map)).toString('base64')}`;
}

describe('a source map', () => {
  it('gives back every place that was put in', () => {
    const random = seededRandom(1);
    let offset = 0;
    const mappings = Array.from({ length: 500 }, () => {
      offset += random.below(random.pick([2, 40, 100_000]));
      return { offset, line: 1 + random.below(5_000), column: 1 + random.below(5_000) };
    });
    expect(decodeSourceMap(encodeSourceMap(mappings, 'x.dream'))).toEqual(mappings);
    expect(decodeSourceMap(encodeSourceMap([], 'x.dream'))).toEqual([]);
  });

  it.each<[string, string, string]>([
    ['of another place', 'https://example.com/x.map', 'DN101'],
    ['that is empty', '', 'DN101'],
    ['that is no base64', 'data:application/json;base64,%%%%', 'DN101'],
    ['that is no JSON', `data:application/json;base64,${Buffer.from('{').toString('base64')}`, 'DN101'],
    ['without mappings', dataUrl({ version: 3 }), 'DN101'],
    ['that is null', dataUrl(null), 'DN101'],
    ['whose mappings are no text', dataUrl({ mappings: [1] }), 'DN101'],
    ['with a digit that is none', dataUrl({ mappings: 'AA!A' }), 'DN101'],
    ['with several lines, which bytes do not have', dataUrl({ mappings: 'AAAA;AAAA' }), 'DN101'],
    ['with a number without end', dataUrl({ mappings: 'g'.repeat(100) }), 'DN101'],
    ['with empty places', dataUrl({ mappings: ',,,' }), 'listed'],
    ['with places that are short', dataUrl({ mappings: 'A,A,AA' }), 'listed'],
    ['with places before the start and after the end', dataUrl({ mappings: 'DADD,+/////DAAA' }), 'listed'],
    ['with lines that the source does not have', dataUrl({ mappings: 'wCA+gggBA,CADA' }), 'listed'],
  ])('is read, or refused with a reason: one %s', (_, url, code) => {
    expect(codeWith(url)).toBe(code);
  });
});
