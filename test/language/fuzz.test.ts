import { describe, expect, it } from 'vitest';
import { compileSource } from '../../src/core/bytecode/compile.js';
import { checkSource } from '../../src/core/language/check-source.js';
import type { Diagnostic, Span } from '../../src/core/language/diagnostics/diagnostics.js';
import { renderDiagnostics } from '../../src/core/language/diagnostics/render-diagnostic.js';
import { languageLimits } from '../../src/core/language/limits.js';
import { type FuzzInput, fuzzFleet, fuzzInputs } from '../support/fuzz-inputs.js';
import { seedsOf } from '../support/nightly.js';
import { seededRandom } from '../support/seeded-random.js';

/** For each of six kinds: more than 100,000 together. */
const seeds = seedsOf({ everyTime: 17_000, nightly: 200_000 });
const fileName = 'fuzz.dream';
const hour = 3_600_000;

describe('any text at all', () => {
  it.each(Object.entries(fuzzInputs))(
    'is checked without an error thrown, and what is said about it can be shown: %s',
    (kind, input) => {
      const outcomes = outcomesOf(kind, input);
      if (seeds.count >= 17_000)
        expect([...outcomes]).toEqual(expect.arrayContaining([...(reached[kind] ?? [])]));
    },
    hour,
  );
});

/** What inputs of each kind get as far as, so that they do not all fail at the first word. */
const atWords = ['DN002', 'DN003', 'DN004', 'DN005', 'DN007', 'DN008'];
const atStatements = [...atWords, 'DN009', 'DN013', 'DN014', 'DN016', 'DN017', 'DN022', 'accepted'];
const atMeaning = [
  ...[
    ...atStatements,
    'DN011',
    'DN012',
    'DN015',
    'DN018',
    'DN019',
    'DN020',
    'DN021',
    'DN023',
    'DN024',
    'DN025',
  ],
  ...['DN026', 'DN028', 'DN030', 'DN031', 'DN033', 'DN040', 'DN041', 'DN044'],
];
const reached: Readonly<Record<string, readonly string[]>> = {
  'words in any order': atWords,
  'words where a program has them': atStatements,
  'programs with something cut, doubled or replaced': atMeaning,
  'characters of every kind': ['DN002', 'DN008'],
  'characters of every kind within a program': [...atWords, 'DN012', 'DN013', 'DN014', 'accepted'],
  'bytes taken for text': ['DN002', 'DN008'],
};

function outcomesOf(kind: string, input: FuzzInput): Set<string> {
  const outcomes = new Set<string>();
  for (let seed = seeds.first; seed < seeds.first + seeds.count; seed += 1) {
    const source = input(seededRandom(seed));
    try {
      judge(source, outcomes);
    } catch (thrown) {
      const message = `DREAMNET_SEED=${seed} ${kind}\n${JSON.stringify(source)}`;
      throw new Error(message, { cause: thrown });
    }
  }
  return outcomes;
}

function judge(source: string, outcomes: Set<string>): void {
  const options = { fileName, capabilities: fuzzFleet };
  const result = checkSource(source, options);
  const diagnostics = result.ok ? result.warnings : result.diagnostics;
  if (result.ok) outcomes.add('accepted');
  for (const { code } of diagnostics) outcomes.add(code);
  requireSensible(diagnostics, source);
  const hasErrors = diagnostics.some(({ severity }) => severity === 'error');
  if (hasErrors === result.ok) throw new Error('it is accepted with errors, or refused without');
  if (result.ok && !compileSource(source, options).ok) throw new Error('it checks and does not compile');
}

function requireSensible(diagnostics: readonly Diagnostic[], source: string): void {
  // As many errors as warnings, and that there are too many.
  if (diagnostics.length > 2 * languageLimits.diagnosticsMax + 1) throw new Error('too much is said');
  const starts = lineStarts(source);
  for (const { span, related, suggestion } of diagnostics) {
    requireWithin(span, source, starts);
    for (const place of related) requireWithin(place.span, source, starts);
    if (suggestion !== undefined) requireWithin(suggestion.span, source, starts);
  }
  const control = unprintable.exec(renderDiagnostics(diagnostics, { source, fileName }));
  if (control !== null)
    throw new Error(`U+${control[0].charCodeAt(0).toString(16)} would reach the terminal`);
}

/** What moves the cursor of a terminal, or turns the direction of a line. */
const unprintable = /(?!\n)[\p{Cc}\u202a-\u202e\u2066-\u2069]/u;

function lineStarts(source: string): number[] {
  return [0, ...Array.from(source.matchAll(/\r\n|\n|\r/g), (found) => found.index + found[0].length)];
}

function requireWithin(
  { offset, line, column, length }: Span,
  source: string,
  starts: readonly number[],
): void {
  const start = starts[line - 1] ?? Number.NaN;
  const isPlace = offset >= start && offset < (starts[line] ?? source.length + 1);
  const isWithin = length >= 0 && offset + length <= source.length;
  if (!isPlace || !isWithin) throw new Error(`${line}:${column} at ${offset}, ${length} long, is no place`);
}
