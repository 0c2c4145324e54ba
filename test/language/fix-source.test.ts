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

describe('an edit that nobody looks at', () => {
  it.each([
    // The division of Python.
    'LET half = task.memory // 2',
    'IF task.memory > 4GB // 2\nTHEN ROUTE_TO_CHEAPER_REGION(task)',
    'IF task.memory > 4GB // 2 THEN\nROUTE_TO_CHEAPER_REGION(task)',
    'IF task.memory > 4GB\n// 2\nTHEN ROUTE_TO_CHEAPER_REGION(task)',
    'LET a = task.memory // task.errors',
    'REDUCE_CPU_THROTTLE(task, 40% // 2)',
    'LET a = (task.errors) // (2)',
    'LET a = 7 // MAX(task.errors, 1)',
    // Two texts in one.
    `IF task.region == 'eu" OR task.region == "us' THEN ROUTE_TO_CHEAPER_REGION(task)`,
    // The sign of a number that would become a difference, and what would become the branch of a condition.
    'LET a = 5; -3',
    'LET a = 5;(3)',
    'IF task.errors > 1 THEN ; ROUTE_TO_CHEAPER_REGION(task)',
    // A name or a unit; a statement or a unit.
    'LET m = 3 IF task.latency > 2 m THEN ROUTE_TO_CHEAPER_REGION(task)',
    // In other languages ! takes the name alone.
    'IF !task.errors > 1 THEN ROUTE_TO_CHEAPER_REGION(task)',
    'IF !(task.errors) - 1 > 1 THEN ROUTE_TO_CHEAPER_REGION(task)',
    // Two names that are given a value, and a comparison that is an argument.
    'LET a = 1 LET b = a = 5',
    'LET a = 1 LET b = MIN(a = 5, 3)',
    // What turned the direction of writing has shown another program.
    'IF task.errors > \u202e1 THEN ROUTE_TO_CHEAPER_REGION(task)',
    'LET a = . 5',
  ])('is none where something else could be meant: %j', (statements) => {
    const source = inLoop(statements);
    expect(diagnosticsOf(source).some(({ severity }) => severity === 'error')).toBe(true);
    expect(fixed(source)).toEqual({ source, fixes: [] });
  });

  it.each([
    ['LET a = 1GB;IF task.memory > a THEN { }', 'LET a = 1GB IF task.memory > a THEN { }'],
    ['NOTHING(task);NOTHING(task);}', 'NOTHING(task) NOTHING(task) }'],
    ['LET a = 5;b = 6', 'LET a = 5 LET b = 6'],
    ['LET a = 5 m = 6', 'LET a = 5 LET m = 6'],
    ['LET a = 3.;5', 'LET a = 3. 5'],
    ['LET a = 5;;LET b = 6;;', 'LET a = 5 LET b = 6'],
    ['IF task.errors > 1 AND.5 < task.errors THEN { }', 'IF task.errors > 1 AND 0.5 < task.errors THEN { }'],
    ['IF task.errors >"5"THEN { }', 'IF task.errors >5 THEN { }'],
    ['IF task.errors > 3 -"-5"THEN { }', 'IF task.errors > 3 - -5 THEN { }'],
    ['IF task.errors > (1)NOTHING(task)', 'IF task.errors > (1) THEN NOTHING(task)'],
    ['LET a = 7 ÷÷ 2', 'LET a = 7 / / 2'],
    ['LET a = 7 ÷* 2', 'LET a = 7 / * 2'],
    ['IF task.errors :== 2 THEN { }', 'IF task.errors == = 2 THEN { }'],
    ['IF NOT(task.errors>5&&task.errors<7)THEN { }', 'IF NOT(task.errors>5 AND task.errors<7)THEN { }'],
  ])('never becomes one word with what stands beside it: %j', (statements, expected) => {
    expect(fixed(inLoop(statements)).source).toBe(inLoop(expected));
  });

  it.each([
    ['f(a = 5%-10%)', 'f(a = 5%-10%)'],
    ['f(a = 7 IN 5-10)', 'f(a = 7 IN 5..10)'],
    ['f(a = 7 IN 5-.5)', 'f(a = 7 IN 5.. 0.5)'],
    ['f(a = 7 IN 9 - 5 - 10)', 'f(a = 7 IN 9 - 5 - 10)'],
  ])('knows a range from a difference: %s', (head, expected) => {
    expect(fixed(`FUNC ${head} { }`).source).toBe(`FUNC ${expected} { }`);
  });

  it.each([
    ['task.REDUCE_CPU_THROTTLE(task, 20%)', 'REDUCE_CPU_THROTTLE(task, 20%)'],
    ['task.REDUCE_CPU_THROTTLE(20%, task)', 'REDUCE_CPU_THROTTLE(task, 20%)'],
    ['task.REDUCE_CPU_THROTTLE(task.errors * 1%)', 'REDUCE_CPU_THROTTLE(task, task.errors * 1%)'],
    ['task.ROUTE_TO_CHEAPER_REGION(task)', 'ROUTE_TO_CHEAPER_REGION(task)'],
    ['task.ROUTE_TO_CHEAPER_REGION()', 'ROUTE_TO_CHEAPER_REGION(task)'],
  ])('gives an action its task once: %s', (statement, expected) => {
    expect(fixed(inLoop(statement)).source).toBe(inLoop(expected));
  });

  it.each([
    ['LET limit = 5GB // the limit', 'LET limit = 5GB # the limit'],
    ['LET limit = 5GB; // limit', 'LET limit = 5GB # limit'],
    ['LET limit = 5GB; -- limit', 'LET limit = 5GB # limit'],
    ['LET limit = 5GB;--limit', 'LET limit = 5GB # limit'],
    ['ROUTE_TO_CHEAPER_REGION(task) // moved', 'ROUTE_TO_CHEAPER_REGION(task) # moved'],
    [
      'ROUTE_TO_CHEAPER_REGION(task) // when it has > 5 errors',
      'ROUTE_TO_CHEAPER_REGION(task) # when it has > 5 errors',
    ],
    ['LET limit = 5GB\n// 2. Move what is large', 'LET limit = 5GB\n# 2. Move what is large'],
  ])('makes a comment of what can only be one: %j', (statement, expected) => {
    const { source } = fixed(inLoop(`${statement}\n`));
    expect(source.replaceAll(/# ?/g, '#')).toBe(inLoop(`${expected}\n`).replaceAll(/# ?/g, '#'));
  });

  it('leaves code alone that stands far behind a comment on its line', () => {
    const source = inLoop(`/* a */${' '.repeat(2_000)}ROUTE_TO_CHEAPER_REGION(task)`);
    expect(fixed(source)).toEqual({ source, fixes: [] });
  });

  it('keeps the comments among the arguments that it moves', () => {
    const source = inLoop('REDUCE_CPU_THROTTLE(20%, # not more\n task)');
    expect(fixed(source).source).toContain('# not more');
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
