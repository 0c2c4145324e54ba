import { describe, expect, it } from 'vitest';
import { fixSource } from '../../src/core/language/fix-source.js';
import { generatedProgram } from '../support/generated-program.js';
import { seededRandom } from '../support/seeded-random.js';
import { diagnosticsOf, fixture, ifCondition, inLoop } from './support.js';

function fixed(source: string) {
  return fixSource(source, diagnosticsOf);
}

describe('fixing a source', () => {
  it('applies everything certain at once, and leaves the rest of the text as it was', () => {
    const source = [
      '# Keep me; as I am.',
      'func f() {',
      '  for each task in task_queue {\t',
      '    if task.memory > 5 GB && task.errors = 3 then',
      '      ROUTE_TO_CHEAPER_REGION(task); // moved',
      '  }',
      '}',
    ].join('\r\n');
    const { source: text, fixes } = fixed(source);
    expect(text.split('\r\n')).toEqual([
      '# Keep me; as I am.',
      'FUNC f() {',
      '  FOR EACH task IN task_queue {\t',
      '    IF task.memory > 5GB AND task.errors == 3 THEN',
      '      ROUTE_TO_CHEAPER_REGION(task) # moved',
      '  }',
      '}',
    ]);
    expect(fixes.length).toBe(11);
    expect(diagnosticsOf(text)).toEqual([]);
  });

  it('applies what only a fix uncovers, and edits that touch one after the other', () => {
    const { source } = fixed(ifCondition('!!(task.errors=3)&&!(task.age>5 s)'));
    expect(diagnosticsOf(source)).toEqual([]);
    expect(source).toContain('task.errors==3');
  });

  it('leaves what is not certain', () => {
    const source = ifCondition('task.memroy > 5s');
    expect(fixed(source)).toEqual({ source, fixes: [] });
  });

  it('changes nothing in a program without mistakes, and nothing the second time', () => {
    const reference = fixture('reference.dream');
    expect(fixed(reference).source).toBe(reference);
    const once = fixed(fixture('mistakes.dream')).source;
    expect(once).not.toBe(fixture('mistakes.dream'));
    expect(fixed(once)).toEqual({ source: once, fixes: [] });
  });

  it('mends more than one list of diagnostics holds', () => {
    const source = inLoop('ROUTE_TO_CHEAPER_REGION(task);\n'.repeat(350));
    const { source: text, fixes } = fixed(source);
    expect(fixes).toHaveLength(350);
    expect(text).not.toContain(';');
  });

  it('ends, whatever is suggested', () => {
    let asked = 0;
    const { fixes } = fixSource('a', (text) => {
      asked += 1;
      const span = { offset: 0, line: 1, column: 1, length: text.length };
      const suggestion = { span, replacement: text === 'a' ? 'b' : 'a', certain: true };
      return [{ code: 'DN002', severity: 'error', message: '', span, related: [], suggestion }];
    });
    expect(asked).toBeLessThan(1_000);
    expect(fixes.length).toBeLessThan(1_000);
  });
});

describe('fixing whatever it is given', () => {
  it('comes to an end, at which nothing certain is left, and never touches a program without mistakes', () => {
    const pieces = [
      ';',
      '&&',
      '!',
      '=',
      '===',
      ' if ',
      ' then ',
      "'a'",
      '//',
      '/* a */',
      '\n-- a\n',
      '.5',
      '5 s',
      '{',
      ')',
      ':',
      '\u00a0',
    ];
    for (let seed = 1; seed <= 400; seed += 1) {
      const random = seededRandom(seed);
      const program = random.chance(0.5) ? generatedProgram(random) : fixture('every-form.dream');
      if (diagnosticsOf(program).every(({ severity }) => severity === 'warning'))
        expect(fixed(program).source, `seed ${seed}`).toBe(program);
      let source = program;
      for (let change = random.below(6); change >= 0; change -= 1) {
        const at = random.below(source.length);
        source = source.slice(0, at) + random.pick(pieces) + source.slice(at + random.below(3));
      }
      const { source: text } = fixed(source);
      expect(fixed(text), `seed ${seed}`).toEqual({ source: text, fixes: [] });
    }
  });
});
