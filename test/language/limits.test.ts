import { describe, expect, it } from 'vitest';
import { compileSource } from '../../src/core/bytecode/compile.js';
import { languageLimits } from '../../src/core/language/limits.js';
import { codesOf, ifCondition, inLoop } from './support.js';

const move = 'ROUTE_TO_CHEAPER_REGION(task)';
const { nestingDepthMax, expressionOperatorsMax, parametersMax, letsMax } = languageLimits;
const { loopsMax, effectsPerTaskMax, nameLengthMax, sourceBytesMax } = languageLimits;

/** A program that has `count` of something, and what is said when there is one too many. */
const limits: readonly (readonly [string, number, string, (count: number) => string])[] = [
  ['bytes of source', sourceBytesMax, 'DN001', (count) => inLoop(move).padEnd(count, ' ')],
  [
    'bytes of source in other letters',
    sourceBytesMax,
    'DN001',
    (count) => `#${'ü'.repeat(1_000)}\n`.padEnd(count - 1_000 - inLoop(move).length, ' ') + inLoop(move),
  ],
  // The program itself and its loop are two levels, the condition is one.
  [
    'levels of IF in IF',
    nestingDepthMax - 2,
    'DN006',
    (count) => inLoop(`${'IF task.errors > 1 THEN '.repeat(count - 1)} ${move}`),
  ],
  [
    'levels of blocks',
    (nestingDepthMax - 4) / 2,
    'DN006',
    (count) => inLoop('IF task.errors > 1 THEN { '.repeat(count) + move + '}'.repeat(count)),
  ],
  [
    'levels of parentheses',
    nestingDepthMax - 4,
    'DN006',
    (count) => ifCondition(`${'('.repeat(count)}task.errors${')'.repeat(count)} > 1`),
  ],
  ['NOTs', nestingDepthMax - 4, 'DN006', (count) => ifCondition(`${'NOT '.repeat(count)}task.errors > 1`)],
  ['signs', nestingDepthMax - 4, 'DN006', (count) => ifCondition(`task.errors > ${'- '.repeat(count)}1`)],
  [
    'operators',
    expressionOperatorsMax,
    'DN011',
    (count) => ifCondition(`task.errors${' + task.errors'.repeat(count)} > 1`),
  ],
  [
    'conditions that are joined',
    expressionOperatorsMax,
    'DN011',
    (count) => ifCondition(`task.errors > 0${' OR task.errors > 1'.repeat(count)}`),
  ],
  [
    'parameters',
    parametersMax,
    'DN011',
    (count) => {
      const names = numbered('p', count);
      const conditions = names.map((name) => `IF task.errors > ${name} THEN ${move}`);
      return `FUNC f(${names.map((name) => `${name} = 1 IN 0..9`).join(', ')}) {
        FOR EACH task IN task_queue { ${conditions.join('\n')} } }`;
    },
  ],
  [
    'LETs',
    letsMax,
    'DN011',
    (count) => {
      const lets = numbered('n', count).map(
        (name, at) => `LET ${name} = task.errors * ${at} IF ${name} > 1 THEN `,
      );
      return inLoop(lets.map((statement, at) => (at < 900 ? statement + move : '')).join('\n'));
    },
  ],
  [
    'loops',
    loopsMax,
    'DN011',
    (count) => `FUNC f() { ${`FOR EACH task IN task_queue { ${move} }`.repeat(count)} }`,
  ],
  ['effects on one task', effectsPerTaskMax, 'DN011', (count) => inLoop(`${move}\n`.repeat(count))],
  [
    'effects on one task in several loops',
    effectsPerTaskMax,
    'DN011',
    (count) => {
      const [one, other] = [Math.floor(count / 2), Math.ceil(count / 2)];
      return `FUNC f() { ${[one, other].map((share) => `FOR EACH task IN task_queue { ${`${move}\n`.repeat(share)} }`).join('')} }`;
    },
  ],
  [
    'characters of a name',
    nameLengthMax,
    'DN011',
    (count) => inLoop(move).replace('test', 'n'.repeat(count)),
  ],
];

describe('a program', () => {
  it.each(limits)('may have as many as the limit says, and compiles then: %s', (_, most, code, program) => {
    const result = compileSource(program(most), { fileName: 'most.dream' });
    expect(result.ok ? [] : result.diagnostics).toEqual([]);
    expect(codesOf(program(most + 1))).toEqual([code]);
  });

  it('may have as many effects as the limit says on the way that has most of them', () => {
    const branch = (count: number) => `{ ${`${move}\n`.repeat(count)} }`;
    const source = (count: number) =>
      inLoop(`IF task.errors > 1 THEN ${branch(count)} ELSE ${branch(count)}`);
    expect(codesOf(source(effectsPerTaskMax))).toEqual([]);
    expect(codesOf(source(effectsPerTaskMax + 1))).toEqual(['DN011']);
  });

  it.each<[string, boolean]>([
    ['100ms', true],
    ['99ms', false],
    ['1d', true],
    ['86401s', false],
    ['0s', false],
    ['-5s', false],
    ['2 * 30s', true],
    ['0s / 0', false],
    ['5', false],
    ['5MB', false],
  ])('may have a report interval of 100ms to 1d: %s', (interval, isFine) => {
    const source = inLoop(move).replace(/ }$/, ` REPORT_METRICS_EVERY(${interval}) }`);
    const errors = codesOf(source).filter((code) => code !== 'DN043');
    expect(errors).toEqual(isFine ? [] : ['DN027']);
  });
});

function numbered(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}
