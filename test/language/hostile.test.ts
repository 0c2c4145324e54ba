import { describe, expect, it } from 'vitest';
import { languageLimits } from '../../src/core/language/limits.js';
import { renderDiagnostics } from '../../src/core/language/render-diagnostic.js';
import { generatedProgram } from '../support/generated-program.js';
import { seededRandom } from '../support/seeded-random.js';
import { codesOf, diagnosticsOf, fixture, ifCondition, inLoop } from './support.js';

describe('hostile sources', () => {
  it.each<[string, string, string]>([
    ['a megabyte', '#'.repeat(1_000_000), 'DN001'],
    ['brackets without end', ifCondition(`${'('.repeat(100_000)}1`), 'DN006'],
    ['NOT without end', ifCondition(`${'NOT '.repeat(50_000)} task.errors > 1`), 'DN006'],
    ['minus without end', ifCondition(`${'- '.repeat(50_000)} task.errors > 1`), 'DN006'],
    ['IF in IF without end', inLoop('IF task.errors > 1 THEN '.repeat(9_000)), 'DN006'],
    ['blocks without end', inLoop('{'.repeat(100_000)), 'DN006'],
    ['a sum without end', ifCondition(`${'1 + '.repeat(50_000)} 1 > 3`), 'DN011'],
    ['AND without end', ifCondition(`${'task.errors > 1 AND '.repeat(5_000)} task.errors > 1`), 'DN011'],
    ['a NUL byte', 'FUNC f() {\0}', 'DN002'],
    ['UTF-16', Buffer.from(fixture('reference.dream'), 'utf16le').toString('latin1'), 'DN002'],
    [
      'a name in other letters',
      fixture('reference.dream').replace('cost_optimize', 'kosten_für_größe'),
      'DN002',
    ],
    ['a number beyond all numbers', ifCondition('task.errors > 1e999'), 'DN003'],
    ['a malformed number', ifCondition('task.errors > 1_'), 'DN003'],
    ['text without end', ifCondition('task.errors == "abc'), 'DN005'],
    ['a name without end', `FUNC ${'a'.repeat(10_000)}() { }`, 'DN011'],
    [
      'loops without end',
      `FUNC f() { ${'FOR EACH t IN task_queue { ROUTE_TO_CHEAPER_REGION(t) } '.repeat(17)} }`,
      'DN011',
    ],
    ['effects without end', inLoop('ROUTE_TO_CHEAPER_REGION(task) '.repeat(1_001)), 'DN011'],
  ])('get a diagnostic: %s', (_, source, code) => {
    const start = performance.now();
    expect(codesOf(source)).toContain(code);
    expect(performance.now() - start).toBeLessThan(1_000);
  });

  it('with ten thousand parameters get one diagnostic about that', () => {
    const names = Array.from({ length: 10_000 }, (_, index) => `p${index} = 5%`);
    const source = `FUNC f(${names.join(', ')}) { FOR EACH t IN task_queue { ROUTE_TO_CHEAPER_REGION(t) } }`;
    expect(codesOf(source).filter((code) => code === 'DN011')).toEqual(['DN011']);
  });

  it('with ten thousand errors get a hundred of them', () => {
    const codes = codesOf(inLoop('NO_SUCH_ACTION(task)\n'.repeat(5_000)));
    expect(codes).toHaveLength(languageLimits.diagnosticsMax + 1);
    expect(codes.at(-1)).toBe('DN010');
  });

  it('with huge and tiny numbers are accepted', () => {
    expect(codesOf(ifCondition('task.memory > 1e290GB OR task.memory < 5e-324B'))).toEqual([]);
  });

  it('never throw and never hang, whatever is cut, doubled or replaced', () => {
    const pieces = [
      'FUNC',
      '{',
      '}',
      '(',
      ')',
      'IF',
      'THEN',
      'ELSE',
      'LET',
      '..',
      '5s',
      '%',
      '"',
      '\0',
      '\r',
      '😀',
      'é',
    ];
    const bases = [fixture('reference.dream'), fixture('every-form.dream'), fixture('mistakes.dream')];
    for (let seed = 1; seed <= 3_000; seed += 1) {
      const random = seededRandom(seed);
      let source = random.chance(0.3) ? generatedProgram(random) : random.pick(bases);
      for (let change = random.below(5); change >= 0; change -= 1) {
        const [from, to] = [random.below(source.length), random.below(source.length)];
        const middle = random.chance(0.5)
          ? ` ${random.pick(pieces)} `
          : source.slice(from, from + random.below(30));
        source =
          source.slice(0, Math.min(from, to)) +
          middle +
          source.slice(random.chance(0.7) ? Math.min(from, to) : to);
      }
      expect(
        () => renderDiagnostics(diagnosticsOf(source), { source, fileName: 'fuzz' }),
        `seed ${seed}`,
      ).not.toThrow();
    }
  });
});
