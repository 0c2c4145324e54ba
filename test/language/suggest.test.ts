import { afterEach, describe, expect, it, vi } from 'vitest';
import { KnownNames, nearestWord } from '../../src/core/language/suggest.js';
import { seededRandom } from '../support/seeded-random.js';

afterEach(() => vi.restoreAllMocks());

describe('the nearest word', () => {
  it.each([
    ['memroy', ['latency', 'memory'], 'memory'],
    ['MEMORY', ['latency', 'memory'], 'memory'],
    ['mem', ['memory'], undefined],
    ['', ['memory'], undefined],
    ['s', ['m', 'h'], 'm'],
    ['abcdef', ['abdcfe', 'abcxyz'], 'abdcfe'],
    ['xabcdefgh', ['abcdefgh'], 'abcdefgh'],
    ['abcdefgh', ['abcdefghxy'], 'abcdefghxy'],
    ['abcdefgh', ['xyabcdefgh'], 'xyabcdefgh'],
  ])('to %j among %j is %j', (word, candidates, nearest) => {
    expect(nearestWord(word, candidates)).toBe(nearest);
  });

  it('is as near as typing mistakes make it, wherever they are, and six at the most', () => {
    for (let seed = 1; seed <= 500; seed += 1) {
      const random = seededRandom(seed);
      const word = Array.from({ length: 30 }, () => random.pick([...'abcdefgh_'])).join('');
      // Digits are in no word, so that each mistake is one more.
      const mistaken = (mistakes: number) =>
        Array.from({ length: mistakes }, (_, index) => index * 4 + random.below(3)).reduce(
          (text, at) => text.slice(0, at) + random.pick(['1', `1${text[at] ?? ''}`]) + text.slice(at + 1),
          word,
        );
      expect(nearestWord(mistaken(random.below(7)), [word]), `seed ${seed}`).toBe(word);
      expect(nearestWord(mistaken(7), [word]), `seed ${seed}`).toBe(undefined);
    }
  });
});

describe('names that are known', () => {
  const names = Array.from({ length: 1_024 }, (_, index) => `${'LONG_NAME_'.repeat(5)}${index}_OF_IT`);

  it('are taken apart once, and each misspelt one is looked up once', () => {
    const known = new KnownNames(names);
    known.nearest('SOMETHING_ELSE');
    const made = vi.spyOn(String.prototype, 'replaceAll');
    const near = known.nearest('ANOTHER_THING');
    expect(made.mock.calls.length).toBeLessThan(10);
    const lowered = vi.spyOn(String.prototype, 'toLowerCase');
    for (let time = 0; time < 100; time += 1) expect(known.nearest('ANOTHER_THING')).toBe(near);
    expect(lowered).not.toHaveBeenCalled();
  });

  it('are compared near the diagonal only, however long they are', () => {
    const read = vi.spyOn(Math, 'min');
    expect(nearestWord('X'.repeat(60), ['Y'.repeat(60)])).toBe(undefined);
    // Eight rows of at most thirteen columns, and a few more.
    expect(read.mock.calls.length).toBeLessThan(200);
  });
});
